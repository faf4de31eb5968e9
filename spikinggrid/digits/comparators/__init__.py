"""Other networks that learn from the same images: what a culture's accuracy is measured against.

hebbian      rules by which units learn from images without labels
networks     features of images: units that compete, components, kernels, and random weights
supervised   what is made of features and labels: class means, contrastive learning, backpropagation
"""
