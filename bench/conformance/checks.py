"""What every method must do: a function each, which raises what does not hold and how to mend it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bench.conformance import samples
from bench.conformance.lacking import LACKING
from bench.conformance.subject import Subject, outputs, plain, read
from bench.errors import BenchError
from bench.families import FAMILIES
from bench.method import Batch, Method
from bench.method.backbones.small import SmallResNet
from bench.method.hyperparameters import Tunable, hyperparameters
from bench.training import readout, stages
from bench.training.prediction import disagree

#: How much of what it declares a method may cost beyond it, and take of CPU time relative to plain training.
_COST, _TIME, _TIME_FREE = 1.1, 10.0, 3.0


class Fault(Exception):
    """What does not hold of a method, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


@dataclass(frozen=True)
class Check:
    """Something that must hold of every method: its name, what holds, and the function that tries it."""

    name: str
    title: str
    run: Callable[[Subject], None]


def _declares(subject: Subject) -> None:
    cls = subject.cls
    if not (cls.__doc__ or "").strip():
        raise Fault("it has no docstring", "say in its first line what the method does")
    if not cls.source.strip():
        raise Fault("it names no source", 'source = "Author et al., Venue year (arXiv:…)"')
    if cls.family not in FAMILIES:
        raise Fault("it is of no family", f"family = one of {', '.join(FAMILIES)}")
    if not 1900 <= cls.year <= 2100:
        raise Fault(f"year = {cls.year!r}", "year = that of its source")
    if cls.race_free and not cls.reference:
        raise Fault("it is race_free and no reference", "reference = True: it is a bound that no real data can give")


def _hyperparameters(subject: Subject) -> None:
    stage, some = subject.cls.stages[-1][0], _some(subject)
    for name, declared in hyperparameters(subject.cls).items():
        if not declared.help:
            raise Fault(f"hyperparameter {name} is not explained", "tunable(…, help=…)")
        for value in _ends(declared):
            try:
                loss = _loss(subject.in_training(stage, **{name: value}), some)
            except (BenchError, ArithmeticError, ValueError, RuntimeError, IndexError, TypeError) as error:
                raise Fault(f"with {name}={value} it stops: {error}", "narrow its range") from error
            if not math.isfinite(loss.item()):
                raise Fault(f"with {name}={value} the loss is {loss.item()}", "narrow its range, or guard the formula")


def _trains(subject: Subject) -> None:
    trained = subject.trained
    before = subject.build(to_train=True).state_dict()
    after = trained.method.state_dict()
    if all(torch.equal(before[key], after[key]) for key in before if isinstance(before[key], Tensor) and key in after):
        raise Fault("no weight has moved", "return from loss what depends on the network")
    if not all(value.isfinite().all() for value in after.values() if isinstance(value, Tensor)):
        raise Fault("weights are not finite after training", "guard divisions, logarithms and exponentials in loss")


def _resumes(subject: Subject) -> None:
    whole, epoch = subject.trained, 0
    curve = _epochs(subject)
    for stage, epochs in curve:
        epoch += epochs
        again = subject.interrupted(f"interrupted_{stage}", epoch)
        if again.weights != whole.weights or again.info.curve != whole.info.curve:
            raise Fault(
                f"interrupted in stage {stage} and taken up again, it ends in other weights",
                "register what training changes as a buffer, and draw random numbers from torch, NumPy or random alone",
            )


def _predicts(subject: Subject) -> None:
    cohort, method = samples.cohort()[0], subject.trained.method.eval()
    n = len(cohort.part("val"))
    found = read(method, cohort)
    for name, array in (("logits", found.logits), ("features", found.features)):
        if not np.isfinite(array).all():
            raise Fault(f"{name} are not finite", "guard divisions and logarithms in encode and classify")
    again = read(method, cohort)
    if disagree(found.logits, again.logits) or disagree(found.features, again.features):
        raise Fault("it says something else when it predicts the same images again", "draw nothing when predicting")
    order = np.random.default_rng(3).permutation(n)
    parts = [outputs(method, cohort, rows) for rows in np.array_split(order, 5)]
    logits = np.concatenate([one[0] for one in parts])[np.argsort(order)]
    if disagree(found.logits, logits):
        raise Fault(
            "it says something else in another order and other batches",
            "let nothing in encode and classify depend on the other images of a batch or on those before",
        )
    single = outputs(method, cohort, np.array([3]))[0]
    if not np.allclose(single[0], found.logits[3], rtol=1e-3, atol=1e-4):
        raise Fault("it says something else of an image alone than among others", "use no statistics of the batch")


def _reloads(subject: Subject) -> None:
    cohort = samples.cohort()[0]
    found = read(subject.trained.method.eval(), cohort)
    fresh = subject.reloaded()
    again = read(fresh, cohort)
    if disagree(found.logits, again.logits) or disagree(found.features, again.features):
        raise Fault(
            "a fresh instance with its weights and buffers predicts something else",
            "register what predictions hang on as parameters or buffers: self.register_buffer",
        )
    groups = torch.tensor(cohort.part("val").groups)
    with torch.no_grad():
        logits = subject.reloaded().logits(torch.from_numpy(found.features), groups).numpy()
    if not np.allclose(logits, found.logits, rtol=1e-3, atol=1e-4):
        raise Fault(
            "classify makes other logits of the same features in an instance that has not seen the images",
            "let classify depend on features alone; what encode puts aside is not there when a network is scored",
        )


def _withheld(subject: Subject) -> None:
    cls, cohort = subject.cls, samples.cohort()[0]
    told = {name for name in ("sex", "age") if name in cls.uses_attributes or f"{name}_group" in cls.uses_attributes}
    hidden = [name for name in ("sex", "age") if name not in told] + (["race"] if cls.uses_race == "never" else [])
    others = samples.shuffled(cohort, hidden)
    if subject.train("withheld", others).weights != subject.trained.weights:
        raise Fault(
            f"with {' and '.join(hidden)} dealt out to other patients it ends in other weights",
            'declare what it uses: uses_race = "train", uses_attributes = ("sex", "age_group")',
        )
    if cls.uses_race != "test":
        method = subject.trained.method.eval()
        if not np.array_equal(read(method, cohort).logits, read(method, samples.shuffled(cohort, ["race"])).logits):
            raise Fault(
                "its predictions hang on race", 'declare uses_race = "test" and define classify(features, groups)'
            )


def _lacking(subject: Subject) -> None:
    for stage, _ in subject.cls.stages:
        for name, change in LACKING.items():
            where = f"in stage {stage}, where {name}," if len(subject.cls.stages) > 1 else f"where {name},"
            _try_lacking(subject, stage, change(_some(subject)), where)
    whole = samples.cohort()[0]
    table = whole.table.copy()
    of_train = table["split"] == "train"
    table.loc[of_train & (table["race"] == "White"), "race"] = None
    table.loc[of_train, "opacity"] = 0.0
    try:
        subject.train("lacking", samples.with_table(whole, table))
    except (BenchError, ArithmeticError, ValueError, RuntimeError, IndexError) as error:
        raise Fault(
            f"on a training set without one of the groups and without positives of a target it stops: {error}",
            "clamp sizes to 1 or more, and leave out what nobody belongs to",
        ) from error


def _try_lacking(subject: Subject, stage: str, some: Batch, where: str) -> None:
    method = subject.in_training(stage)
    mend = "take means over what is present, 0 where nothing is: sum / count.clamp(min=1)"
    try:
        loss = _loss(method, some)
        loss.backward()
    except ValueError as error:
        # Torch's batch norms have no statistics of one image; a training batch has two or more.
        if len(some.images) == 1 and "more than 1 value per channel" in str(error):
            return
        raise Fault(f"{where} it stops: {error}", mend) from error
    except (BenchError, ArithmeticError, RuntimeError, IndexError) as error:
        raise Fault(f"{where} it stops: {error}", mend) from error
    if not math.isfinite(loss.item()):
        raise Fault(f"{where} the loss is {loss.item()}", mend)
    for name, parameter in method.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            raise Fault(f"{where} the gradient of {name} is not finite", mend)


def _costs(subject: Subject) -> None:
    cost, declared = subject.trained.info.cost, subject.cls.cost
    assert cost is not None
    if cost.relative > declared * _COST:
        raise Fault(
            f"it takes {cost.relative:.2f} × the image passes of plain training, and declares cost = {declared:g}",
            f"cost = {math.ceil(cost.relative * 20) / 20:g}, or fewer passes",
        )


def _in_time(subject: Subject) -> None:
    own, erm = subject.trained, plain(subject.folder)
    assert own.info.cost is not None
    assert erm.info.cost is not None
    allowed = (
        _TIME * max(subject.cls.cost, 1.0) * erm.seconds * own.info.cost.images / erm.info.cost.images + _TIME_FREE
    )
    if own.seconds > allowed:
        raise Fault(
            f"training took {own.seconds:.1f} s of CPU time, and plain training {erm.seconds:.1f} s",
            "compute with tensors of the whole batch instead of image by image",
        )


def _any_encoder(subject: Subject) -> None:
    torch.manual_seed(0)
    method = subject.cls(SmallResNet(1), samples.SPEC, subject.without_files).eval()
    some = _some(subject)
    with torch.no_grad():
        _, logits = readout.predicted(method, some.images, some.groups)
    if logits.shape != (len(some.images), len(samples.SPEC.targets)):
        raise Fault(f"logits have shape {tuple(logits.shape)}", "one logit a target: (B, T)")


def _some(subject: Subject) -> Batch:
    return samples.batch(subject.cls, np.arange(48))


def _loss(method: Method, some: Batch) -> Tensor:
    torch.manual_seed(1)
    loss = method.loss(some)
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        raise Fault("loss returns no scalar", "return a tensor without dimensions")
    return loss


def _ends(declared: Tunable) -> tuple[object, ...]:
    if not declared.is_searched:
        return ()
    return declared.choices or (declared.type(declared.low), declared.type(declared.high))


def _epochs(subject: Subject) -> list[tuple[str, int]]:
    return [(stage.name, stage.epochs) for stage in stages.plan(subject.cls, subject.epochs, 0, Path())]


CHECKS: tuple[Check, ...] = (
    Check("declares", "says what it is: docstring, source, year, family", _declares),
    Check("hyperparameters", "every hyperparameter is explained and works at both ends of its range", _hyperparameters),
    Check("trains", "trains in every stage", _trains),
    Check("resumes", "interrupted in any stage it ends in the same bits", _resumes),
    Check("predicts", "predicts the same again, in another order, in other batches, alone", _predicts),
    Check("reloads", "weights and buffers alone make the network again", _reloads),
    Check("withheld", "sees no race and no attribute that it does not declare", _withheld),
    Check("lacking", "loss and gradients are finite whatever a batch lacks", _lacking),
    Check("cost", "costs the image passes that it declares", _costs),
    Check("time", "takes a time that goes with its passes", _in_time),
    Check("encoders", "runs on another encoder", _any_encoder),
)
