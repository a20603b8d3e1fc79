"""From a sentence to a video in the style of Chinese landscape painting (山水).

The public names are loaded on first use: importing conclvd does not import torch.
"""

__version__ = "0.1.0"
