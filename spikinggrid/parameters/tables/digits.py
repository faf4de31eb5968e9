"""The digit task."""

import itertools
from typing import Literal

from pydantic import Field, model_validator

from spikinggrid.parameters.tables.base import (
    Frequency,
    Table,
    Time,
    check_electrodes,
    key,
    optional,
    refuse,
    require,
)
from spikinggrid.utils.errors import quoted


class DigitsTable(Table):
    """The digit task: what is shown and taught, and when the culture is asked."""

    dataset: Literal["bundled", "mnist"] = key(
        "images: bundled, 8x8 pixels, come with scikit-learn; mnist, 28x28, are looked for or"
        " downloaded",
        "bundled",
    )
    n_images: int | None = optional(
        "training images are those of the classes among so many first ones; off: among all",
        10_000,
        ge=1,
        le=10**9,
    )
    classes: list[int] = key("digits to tell apart", [0, 1], min_length=2)
    image_rows: int = key("rows of pixels", 6, ge=1, le=1000)
    image_columns: int = key("columns of pixels", 6, ge=1, le=1000)
    image: Literal["top-left", "spread"] | list[int | str] = Field(
        "top-left",
        description="electrodes of the pixels; top-left: one beside the other from the top left of"
        " the array; spread: over the whole array, with label electrodes between them; or a list"
        " of electrodes, row by row",
        examples=["spread"],
    )
    encoding: Literal["poisson", "poisson-intervals", "regular", "latency", "pattern"] = key(
        "poisson: random pulses; poisson-intervals: intervals of a Poisson-distributed number of"
        " steps (Lagani et al. 2021); regular: evenly spaced pulses, each electrode with its own"
        " phase; latency: one pulse for each pixel, the earlier the brighter; pattern: pulses of"
        " all pixels together, with darker ones in fewer of them; a single one shows those from"
        " half white on",
        "regular",
    )
    image_rate: Frequency | None = optional(
        "pulse rate of a white pixel (all but latency); off: a pattern comes once, at the begin of"
        " the image",
        "200 Hz",
        gt=0,
        le=1e6,
    )
    input: Literal["electrodes", "light"] | None = optional(
        "light: images and labels are shown by light, each pulse as a flash around its electrode;"
        " off: electrodes",
        "light",
    )
    output: Literal["electrodes", "light"] | None = optional(
        "light: answers are read from what photodetectors see around each electrode; off:"
        " electrodes",
        "light",
    )
    labels: (
        Literal["beside-image", "alternating", "probed", "preferred"] | list[list[int | str]]
    ) = key(
        "label electrodes of each class; beside-image: all beyond the image, row by row;"
        " alternating: the same, dealt to the classes in turn; probed: of these, those that most"
        " answer a pulse on all pixels before the training, dealt in turn; preferred: all beyond"
        " the image, to the classes whose training images they answer more than those of others"
        " before it",
        "beside-image",
    )
    label_rate: Frequency = key(
        "pulse rate of the teaching signal, on label electrodes", "200 Hz", gt=0, le=1e6
    )
    presentation: Time = key("how long an image is shown", "100 ms", gt=0, le=1e5)
    interval: Time | None = optional(
        "the culture runs on without stimuli for so long before each image and is never put to"
        " rest, as no living culture can be (Shahaf & Marom 2001 gave 0.3 to 1 stimulus a second);"
        " off: each image is shown to the culture at rest",
        "1 s",
        gt=0,
        le=1e5,
    )
    response: Time | None = optional(
        "spikes count as a response in so much time from the begin of an image; off: in all of the"
        " presentation",
        "100 ms",
        gt=0,
        le=1e5,
    )
    teaching: Literal["taught", "contrastive"] = key(
        "taught: each image is shown with its label; contrastive: first without it (free), and"
        " then again with it",
        "contrastive",
    )
    free_signal: float | None = optional(
        "contrastive: the signal at the end of a free presentation; a taught one has 1",
        -2.0,
        ge=-1e3,
        le=1e3,
    )
    only_errors: bool | None = optional(
        "contrastive: both signals come only where the free answer is wrong", True
    )
    final_signal: float | None = optional(
        "signals fall linearly to this share over the training", 0.02, ge=0, le=1
    )
    n_presentations: int | None = optional(
        "training presentations; off: each training image once", 1000, ge=1, le=10**9
    )
    evaluation_interval: int = key(
        "training presentations from one evaluation to the next; the last is at the end",
        100,
        ge=1,
        le=10**9,
    )
    evaluation_images: int | None = optional(
        "so many validation images are shown in an evaluation; off: all", 500, ge=1, le=10**9
    )
    final_images: int | None = optional(
        "final figures are of so many first images of their split; off: of all",
        1000,
        ge=1,
        le=10**9,
    )
    repeats: int | None = optional(
        "to answer, the culture is shown each image so many times, and all of its spikes count;"
        " off: once",
        3,
        ge=2,
        le=1000,
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        if wrong := [c for c in self.classes if not 0 <= c <= 9]:
            raise ValueError(f"classes: found {quoted(wrong[0])}, but digits are 0 to 9")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: a digit is given twice")
        if not isinstance(self.image, str):
            self._check_image(self.image)
        if not isinstance(self.labels, str):
            check_electrodes("labels", itertools.chain(*self.labels))
        if self.encoding != "pattern":
            check = refuse if self.encoding == "latency" else require
            check(self, f'encoding = "{self.encoding}"', "image_rate")
        if self.response is not None and self.response > self.presentation:
            raise ValueError("response: is longer than the presentation")
        if self.interval is not None and "light" in (self.input, self.output):
            raise ValueError('interval: needs input and output by electrodes, not by "light"')
        check = require if self.teaching == "contrastive" else refuse
        check(self, f'teaching = "{self.teaching}"', "free_signal", "only_errors")
        return self

    def _check_image(self, image: list[int | str]) -> None:
        check_electrodes("image", image)
        if len(image) != self.image_rows * self.image_columns:
            raise ValueError(
                f"image: found {len(image)} electrodes, but image_rows times image_columns is"
                f" {self.image_rows * self.image_columns}"
            )
