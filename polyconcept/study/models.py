"""Models: from a directory or the hub, shipped with the project, or pre-trained by the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from polyconcept.study.base import (
    Count,
    Frozen,
    Layer,
    Name,
    Place,
    Positive,
    Repository,
    Revision,
    Seed,
    Share,
    Start,
    needs_one_of,
)

Family: TypeAlias = Literal["encoder", "decoder", "encoder-decoder"]
Side: TypeAlias = Literal["encoder", "decoder", "encoder-decoder"]

_SIDES: dict[Family, tuple[Side, ...]] = {
    "encoder": ("encoder",),
    "decoder": ("decoder",),
    "encoder-decoder": ("encoder", "decoder", "encoder-decoder"),
}


def _written(prefix: str) -> str:
    """Return a prefix as it stands before a sentence, which a blank sets off."""
    if not prefix.isprintable() or not prefix.split():
        raise ValueError(f"found {prefix!r}; needed text of one line, such as 'query: '")
    return " ".join(prefix.split())


Prefix = Annotated[str, Field(max_length=1000), AfterValidator(_written)]


class TokenizerRecipe(Frozen):
    """The tokenizer of a model that is pre-trained here."""

    kind: Literal["wordpiece", "unigram", "unigram-t5"]
    vocab_size: Count = 4000
    max_length: Count = 128


class ModelRecipe(Frozen):
    """The size of a model that is pre-trained here."""

    architecture: Literal["bert", "xlm-roberta", "mt5"]
    hidden_size: Count = 128
    n_layers: Count = 4
    n_heads: Count = 4
    intermediate_size: Count = 256
    dropout: Annotated[Share, Field(lt=1)] = 0.1
    seed: Seed = 212

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelRecipe:
        if self.hidden_size % self.n_heads:
            raise ValueError(
                f"`hidden_size` must be a multiple of `n_heads`, found {self.hidden_size} and "
                f"{self.n_heads}"
            )
        return self


class TrainingRecipe(Frozen):
    """How long a model is pre-trained."""

    n_steps: Count = 3000
    learning_rate: Annotated[Positive, Field(le=1)] = 1e-3
    warmup_share: Annotated[Share, Field(lt=1)] = 0.1
    weight_decay: Share = 0.01
    seed: Seed = 212
    n_threads: Count = 1


class MixtureRecipe(Frozen):
    """What a model is pre-trained on: sentences alone and translation pairs, words masked."""

    batch_tokens: Count = 4096
    translation_share: Share = 0.9
    mask_share: Annotated[Share, Field(gt=0)] = 0.1
    pair_mask_share: Annotated[Share, Field(gt=0)] = 0.7
    short_batches: Start = 0
    language_weights: Mapping[Name, Positive] = Field(default_factory=dict)


class Pretraining(Frozen):
    """A model pre-trained by the workflow itself (masked words, also over translation pairs)."""

    corpora: Annotated[tuple[Name, ...], Field(min_length=1)]
    languages: Annotated[tuple[Name, ...], Field(min_length=1)]
    tokenizer: TokenizerRecipe
    model: ModelRecipe
    training: TrainingRecipe = TrainingRecipe()
    mixture: MixtureRecipe = MixtureRecipe()

    @model_validator(mode="after")
    def _tokenizer_fits(self) -> Pretraining:
        kind, architecture = self.tokenizer.kind, self.model.architecture
        if (kind == "unigram-t5") != (architecture == "mt5"):
            raise ValueError(
                f"architecture `mt5` and tokenizer kind `unigram-t5` go together, found "
                f"{architecture} and {kind}"
            )
        return self


class HubModel(Frozen):
    """A model on the hub."""

    model: Repository
    revision: Revision | None = None
    converted: bool = False


class Model(Frozen):
    """A model: from a directory or the hub, shipped with the project, or pre-trained here."""

    directory: Place | None = None
    hub: HubModel | None = None
    builtin: Literal["bert", "xlmr", "mt5"] | None = None
    pretrain: Pretraining | None = None
    family: Family | None = None
    sides: tuple[Side, ...] | None = None
    tasks: tuple[Name, ...] = ()
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)] | None = None
    language_codes: Mapping[Name, str] = Field(default_factory=dict)
    prefix: Prefix = ""
    translates: Literal["all"] | tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Model:
        needs_one_of(self, "directory", "hub", "builtin", "pretrain")
        if self.family is not None and self.directory is None and self.hub is None:
            raise ValueError("`family` is for `directory` and `hub`: it is known here")
        if self.language_codes and self.directory is None and self.hub is None:
            raise ValueError(
                "`language_codes` is for `directory` and `hub`: no other model has any"
            )
        return self

    @model_validator(mode="after")
    def _prefix_fits(self) -> Model:
        if self.prefix and self.of_family == "encoder-decoder":
            raise ValueError("`prefix` is for models of one stack: others are asked by prompts")
        return self

    @model_validator(mode="after")
    def _translates(self) -> Model:
        if self.translates and (self.directory or self.hub) is None:
            raise ValueError("`translates` is for `directory` and `hub`: it is known here")
        if self.translates and self.of_family != "encoder-decoder":
            raise ValueError(
                "`translates` is for models that write: of family encoder-decoder, found "
                f"{self.of_family}"
            )
        return self

    @model_validator(mode="after")
    def _sides_fit(self) -> Model:
        known = _SIDES[self.of_family]
        wrong = [side for side in self.sides or known if side not in known]
        if wrong or self.sides == ():
            raise ValueError(
                f"`sides` {list(self.sides or ())}: a model of family {self.of_family} has "
                f"{list(known)}"
                + (" (is `family` missing?)" if self.family is None and wrong else "")
            )
        return self

    @property
    def of_family(self) -> Family:
        """Given, or known from what is shipped or pre-trained; an encoder where nothing says."""
        if self.pretrain is not None:
            return "encoder-decoder" if self.pretrain.model.architecture == "mt5" else "encoder"
        if self.builtin is not None:
            return "encoder-decoder" if self.builtin == "mt5" else "encoder"
        return self.family or "encoder"

    @property
    def of_translates(self) -> Literal["all"] | tuple[str, ...]:
        """Languages that the model can translate into before it is fine-tuned."""
        if self.of_family != "encoder-decoder":
            return ()
        if self.builtin is not None:
            # Its recipe is the built-in text. Imported here since most studies need none of it.
            from polyconcept.builtin.read_lexicon import LANGUAGES

            return tuple(LANGUAGES)
        if self.pretrain is not None:
            pairs = self.pretrain.mixture.translation_share > 0
            return self.pretrain.languages if pairs and len(self.pretrain.languages) > 1 else ()
        return self.translates

    @property
    def of_sides(self) -> tuple[Side, ...]:
        """Sides whose concepts are compared; of two sides: the source's, then the target's."""
        return self.sides if self.sides is not None else _SIDES[self.of_family]
