"""The encoders that ship with the app, each made from pairs and posts by one command.

``python -m train.shipped small --pairs … --posts … --guard … --work FOLDER --out FOLDER``
"""

from train.shipped.stages import STAGES, ship

__all__ = ["STAGES", "ship"]
