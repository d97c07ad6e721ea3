"""The networks: an encoder and a decoder of segmentation-models-pytorch, and our heads; or timm's.

Every network takes grey images as they are (uint8 values 0–255 as float, N×1×H×W), so that
nothing but the resizing happens outside the model file.
"""

from __future__ import annotations

from typing import Any

import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from hilum.errors import RecipeError
from hilum.learning.finding_head import FindingHead, Inside, look_inside
from hilum.learning.recipe import Recipe
from hilum.learning.subpixel import SubpixelUnet
from hilum.radiograph import LUNG_TARGETS

_ARCHITECTURES = {"unet": smp.Unet, "unetplusplus": smp.UnetPlusPlus, "fpn": smp.FPN}


class RadiographNetwork(nn.Module):
    """Masks and, on request, a finding from one pass.

    ``forward`` takes float N×1×H×W with values 0–255 and returns the mask logits N×T×H×W and
    the finding logits N×C (C = 0 without a finding head).
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.body = _body(recipe)
        self.lung_channels = [i for i, t in enumerate(recipe.targets) if t in LUNG_TARGETS]
        self.finding_head = (
            FindingHead(self.body.encoder.out_channels[-2:], len(recipe.findings))
            if recipe.findings
            else None
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        masks, features = self._outline(images)
        if self.finding_head is None:
            return masks, masks.new_zeros(masks.shape[0], 0)
        return masks, self.finding_head(features, self._lungs(masks))

    def can_be_seen_inside(self) -> bool:
        """Whether :meth:`look_inside` may be called."""
        return self.finding_head is not None

    def look_inside(self, images: Tensor) -> tuple[Tensor, Tensor, Inside]:
        """What ``forward`` returns, and what the finding is made of."""
        masks, features = self._outline(images)
        assert self.finding_head is not None
        return masks, *self.finding_head.look_inside(features, self._lungs(masks))

    def _outline(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Mask logits and the two deepest levels of features."""
        features = self.body.encoder(standardise(images))
        return self.body.segmentation_head(self.body.decoder(features)), features[-2:]

    def _lungs(self, masks: Tensor) -> Tensor:
        return masks[:, self.lung_channels].sigmoid().amax(1, keepdim=True).detach()


def standardise(images: Tensor) -> Tensor:
    """Each image to mean 0 and standard deviation 1, so that exposure does not matter."""
    images = images.float()
    mean = images.mean((1, 2, 3), keepdim=True)
    centred = images - mean
    deviation = centred.square().mean((1, 2, 3), keepdim=True).sqrt()
    return centred / (deviation + 1.0)


class Classifier(nn.Module):
    """A network of timm that names a finding from the whole image and outlines nothing.

    ``forward`` takes and returns what :class:`RadiographNetwork` does, with T = 0.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        network = recipe.network
        self.body = timm.create_model(
            str(network.encoder),
            pretrained=network.pretrained == "imagenet",
            in_chans=1,
            num_classes=len(recipe.findings),
            drop_rate=network.dropout,
        )
        self.image_size = recipe.image_size
        self._refuse_small_images(recipe)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        finding: Tensor = self.body(standardise(images))
        return finding.new_zeros(images.shape[0], 0, *images.shape[2:]), finding

    @torch.inference_mode()
    def can_be_seen_inside(self) -> bool:
        """Whether it ends in a plain average over places and one linear layer; not all of timm's
        networks do. Asked of a network in evaluation mode."""
        body: Any = self.body
        linear = body.get_classifier()
        if not isinstance(linear, nn.Linear):
            return False
        side = self.image_size
        image = torch.linspace(-1, 1, side**2, device=linear.weight.device).view(1, 1, side, side)
        maps = body.forward_features(image)
        return (
            maps.ndim == 4
            and maps.shape[1] == linear.in_features
            and torch.allclose(linear(maps.mean((2, 3))), body(image), rtol=1e-3, atol=1e-4)
        )

    def look_inside(self, images: Tensor) -> tuple[Tensor, Tensor, Inside]:
        """What ``forward`` returns, and what the finding is made of."""
        body: Any = self.body
        maps = body.forward_features(standardise(images))
        finding = body.forward_head(maps)
        evenly = torch.ones_like(maps[:, :1])
        inside = look_inside(body.get_classifier(), maps.mean((2, 3)), [maps], [evenly])
        return finding.new_zeros(images.shape[0], 0, *images.shape[2:]), finding, inside

    def _refuse_small_images(self, recipe: Recipe) -> None:
        size = recipe.image_size * 3 // 4 if recipe.schedule.small_epochs else recipe.image_size
        try:
            with torch.inference_mode():
                self.eval()(torch.zeros(1, 1, size, size))
        except RuntimeError:
            raise ValueError(f"images of {size}×{size} are too small") from None
        self.train()


def _body(recipe: Recipe) -> Any:
    """A module with encoder, decoder and segmentation_head, of a package without types."""
    network, classes = recipe.network, len(recipe.targets)
    if network.architecture == "plain_unet":
        return PlainUnet(classes, dropout=network.dropout)
    weights = None if network.pretrained == "none" else network.pretrained
    options: dict[str, Any] = {}
    if network.decoder_channels is not None:
        options["decoder_channels"] = network.decoder_channels
    if network.architecture == "subpixel_unet":
        options["drop_path"] = network.drop_path
        return SubpixelUnet(str(network.encoder), classes, weights=weights, **options)
    return _ARCHITECTURES[network.architecture](
        network.encoder, encoder_weights=weights, in_channels=1, classes=classes, **options
    )


class PlainUnet(nn.Module):
    """The 2.2 M-parameter U-Net of the covid-seg repository: 16 channels, doubled four times.

    Shaped like a network of segmentation-models-pytorch: encoder, decoder, segmentation_head.
    """

    def __init__(self, classes: int, *, width: int = 16, dropout: float = 0.0) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        self.encoder = _PlainEncoder(widths, dropout)
        self.decoder = _PlainDecoder(widths, dropout)
        self.segmentation_head = nn.Conv2d(width, classes, 1)


class _PlainEncoder(nn.Module):
    def __init__(self, widths: list[int], dropout: float) -> None:
        super().__init__()
        self.out_channels = widths
        self.stages = nn.ModuleList(
            _double_convolution(channels, width, dropout)
            for channels, width in zip([1, *widths], widths, strict=False)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        for stage in self.stages:
            images = stage(functional.max_pool2d(images, 2) if features else images)
            features.append(images)
        return features


class _PlainDecoder(nn.Module):
    def __init__(self, widths: list[int], dropout: float) -> None:
        super().__init__()
        pairs = [(widths[i], widths[i - 1]) for i in range(len(widths) - 1, 0, -1)]
        self.raises = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, 3, stride=2, padding=1, output_padding=1)
            for deep, shallow in pairs
        )
        self.stages = nn.ModuleList(
            _double_convolution(2 * shallow, shallow, dropout) for _, shallow in pairs
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        *skips, deepest = features
        for up, stage, skip in zip(self.raises, self.stages, reversed(skips), strict=True):
            deepest = stage(torch.cat([up(deepest), skip], 1))
        return deepest


def _double_convolution(channels: int, width: int, dropout: float) -> nn.Module:
    return nn.Sequential(
        nn.Dropout2d(dropout) if dropout else nn.Identity(),
        nn.Conv2d(channels, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def build_network(recipe: Recipe) -> RadiographNetwork | Classifier:
    """The untrained network of ``recipe``, its weights drawn by the recipe's seed.

    Raises:
        RecipeError: there is no such encoder, it does not fit the architecture, or its
            pretrained weights cannot be had.
    """
    torch.manual_seed(recipe.seed)
    network = recipe.network
    try:
        if network.architecture == "classifier":
            return Classifier(recipe)
        return RadiographNetwork(recipe)
    except OSError as error:
        raise RecipeError(
            "the pretrained weights cannot be had",
            got=f"{network.encoder}: {str(error).splitlines()[0].rstrip('.')}",
            remedy="connect this machine to the Internet once, or say pretrained: none",
        ) from None
    except (KeyError, RuntimeError, ValueError, TypeError) as error:
        whose = "timm" if network.architecture == "classifier" else "segmentation-models-pytorch"
        raise RecipeError(
            "the network cannot be built",
            got=f"{network.architecture} with encoder {network.encoder}: {error}",
            remedy=f"see {whose} for its encoders"
            + ("; timm's begin with tu-" * (whose != "timm")),
        ) from None
