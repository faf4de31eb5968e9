"""Assays: one culture put to a test, and what came of it.

assay                what every assay offers, and a trial
spontaneous          record a culture that is left alone, and measure its features
tetanization         test, tetanize and test again (Ruaro, Bonifazi & Torre 2005)
source_separation    responses of real and simulated cultures to two hidden sources

The assay of digits is `spikinggrid.digits.assay`; all of them by name are in
`spikinggrid.fitting.assays`.
"""
