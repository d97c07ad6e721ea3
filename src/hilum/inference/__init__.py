"""Model file + radiograph → masks, finding, severity. Light: no torch, no pyarrow."""

from hilum.inference.predictor import Prediction, Predictor, Status

__all__ = ["Prediction", "Predictor", "Status"]
