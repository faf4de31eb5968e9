"""The culture: neurons, who connects to whom, and the background that reaches all of them.

culture        where neurons lie, which inhibit, what differs between them, what learns
connectivity   the rules by which projections grow
neighbours     near pairs alone, for large dishes
pharmacology   the same culture with drugs in its dish
background     membrane noise and miniature events
memory         what a culture will take of it, before it is grown
"""
