"""The catalogue: every profile of the package and of the operator's folders, checked at once, compiled on first use.

::

    <folder>/<vendor>/<model>/profile.toml     the profile "vendor/model"
                              vectors.json     frames it must read, and frames it must refuse
                              codec.js         for kind "javascript"
Laws
- A later folder wins: an operator's profile takes the place of ours with the same name.
- A profile with ``enabled = false`` takes nobody's place and no device can have it.
- All mistakes of all files are told at once; a profile with mistakes is not in the catalogue, the others are.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

import msgspec
from pydantic import ValidationError

from device_profiles.downlinks import downlinks_of
from device_profiles.layouts import LayoutBuilder, Mistake
from device_profiles.mapping import property_maps
from device_profiles.mistakes import told
from device_profiles.profile import ProfileFile
from device_profiles.shared_layouts import with_shared
from device_profiles.vectors import VECTORS, Vector
from pipelines.codec import Codec
from pipelines.codec_readings import needs_a_worker
from pipelines.decode import (
    CompiledProfile,
    Encoder,
    NamedValues,
    PropertyMap,
    built_in_decoder,
    bytes_decoder,
    bytes_encoder,
    network_decoder,
    with_sums,
)
from pipelines.decoders import DECODERS, BuiltIn
from pipelines.downlinks.notation import Downlink
from pipelines.layout.notation import Layouts

VENDORS = Path(__file__).parent / "vendors"
HASH_BYTES = 8
MAX_FILE_BYTES = 1 << 20
MAX_CODEC_BYTES = 256 << 10
"""The longest of the public codecs has 101 KB."""


class Profile(msgspec.Struct, frozen=True):
    """One profile as read and checked. ``layouts`` None: values come decoded."""

    name: str
    folder: Path
    file: ProfileFile
    layouts: Layouts | None
    mapping: Mapping[str, PropertyMap]
    profile_hash: bytes
    codec: Codec | None = None
    downlinks: Mapping[str, Downlink] = {}

    def compiled(self) -> CompiledProfile:
        """The profile as refine and the simulators use it."""
        layouts = self.layouts
        built_in = DECODERS.get(self.file.payload.kind)
        if self.codec is not None:
            decode = needs_a_worker(self.name)
        elif built_in is not None:
            decode = built_in_decoder(self.name, built_in)
        else:
            named = self.file.payload.named_values
            given = NamedValues(named.list, named.name, named.value) if named else None
            decode = network_decoder(self.name, given) if layouts is None else bytes_decoder(self.name, layouts)
        return CompiledProfile(
            name=self.name,
            profile_hash=self.profile_hash,
            decode=with_sums(decode, self.file.sum) if self.file.sum else decode,
            mapping=self.mapping,
            reporting_interval_s=self.file.reporting_interval_s,
            privacy_class=self.file.privacy_class,
            encode=self._encoder(built_in),
            battery_percent=tuple(self.file.battery.curve) if self.file.battery else (),
            codec=self.codec,
            downlinks=self.downlinks,
        )

    def _encoder(self, built_in: BuiltIn | None) -> Encoder | None:
        if built_in is not None:
            return built_in.encode
        return None if self.layouts is None else bytes_encoder(self.layouts, self.file.sum)


class CompiledProfiles(Mapping[str, CompiledProfile]):
    """Profiles by name, compiled on first use: a pilot uses a handful of the catalogue."""

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self._profiles = profiles
        self._compiled: dict[str, CompiledProfile] = {}

    def __getitem__(self, name: str) -> CompiledProfile:
        found = self._compiled.get(name)
        if found is None:
            found = self._compiled[name] = self._profiles[name].compiled()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)


class Catalogue:
    """All profiles. ``checked`` holds the files as read, ``profiles`` the compiled ones, ``mistakes`` what is wrong."""

    def __init__(
        self, checked: Mapping[str, Profile], mistakes: Sequence[str], disabled: Mapping[str, Profile] | None = None
    ) -> None:
        self.checked = checked
        self.disabled: Mapping[str, Profile] = disabled or {}
        self.profiles: Mapping[str, CompiledProfile] = CompiledProfiles(checked)
        self.mistakes = list(mistakes)

    @classmethod
    def load(cls, extra_dirs: Sequence[Path] = ()) -> Self:
        """Read the package's vendors and then the operator's folders."""
        folders: dict[str, list[Path]] = {}
        mistakes: list[str] = []
        for root in (VENDORS, *extra_dirs):
            if not root.is_dir():
                mistakes.append(f"{root}: no such folder of profiles")
            for path in sorted(root.glob("*/*/profile.toml")):
                folders.setdefault(f"{path.parent.parent.name}/{path.parent.name}", []).append(path.parent)
        checked: dict[str, Profile] = {}
        disabled: dict[str, Profile] = {}
        for name, places in sorted(folders.items()):
            for folder in reversed(places):
                profile, found = read_profile(name, folder)
                mistakes += [f"{name}: {mistake}" for mistake in found]
                if profile is None or profile.file.enabled:
                    break
                disabled.setdefault(name, profile)
            if profile is not None and profile.file.enabled:
                checked[name] = profile
        return cls(checked, mistakes, disabled)

    @property
    def names(self) -> Collection[str]:
        """Every profile, ``vendor/model``."""
        return self.checked.keys()

    def properties(self, profile: str) -> Collection[str] | None:
        """The vocabulary properties that a profile can give; None where the profile is unknown or takes any name."""
        found = self.checked.get(profile)
        if found is None or found.file.payload.names_are_free:
            return None
        return {entry.property for entry in found.mapping.values()}

    def vectors(self, profile: str) -> list[Vector]:
        """The profile's vectors; none where their file is faulty, which ``mistakes`` tells. Raises KeyError."""
        try:
            return read_vectors(self.checked[profile].folder)
        except (ValidationError, OSError):
            return []


def read_profile(name: str, folder: Path) -> tuple[Profile | None, list[str]]:
    """One profile, or None and every mistake in its files; what cannot be read is a mistake, never an exception."""
    try:
        raw = (folder / "profile.toml").read_bytes()
        if len(raw) > MAX_FILE_BYTES:
            return None, [f"profile.toml: {len(raw)} bytes; a profile has a few kilobytes"]
        return _profile_of(name, folder, raw)
    except OSError as error:
        return None, [f"{_file_of(error, 'profile.toml')}: cannot be read ({error.strerror})"]
    except RecursionError:
        return None, ["profile.toml: nested too deeply; a profile has a handful of tables within each other"]


def _file_of(error: OSError, default: str) -> str:
    """The name of the file that could not be read."""
    return Path(error.filename).name if isinstance(error.filename, str) else default


def _profile_of(name: str, folder: Path, raw: bytes) -> tuple[Profile | None, list[str]]:
    """``read_profile`` of the bytes of profile.toml. Raises OSError for a file beside it, RecursionError."""
    try:
        tree, shared = with_shared(tomllib.loads(raw.decode()))
        file = ProfileFile.model_validate(tree)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [f"profile.toml is not TOML: {error}", *_mistakes_in_vectors(folder)]
    except ValidationError as error:
        return None, told(error, ProfileFile) + _mistakes_in_vectors(folder)
    except ValueError as error:
        return None, [str(error), *_mistakes_in_vectors(folder)]
    layouts: Layouts | None = None
    mistakes: list[Mistake] = []
    if file.payload.reads_bytes:
        builder = LayoutBuilder()
        layouts = builder.layouts(file.payload)
        mistakes += builder.mistakes
    codec = None
    if file.payload.kind == "javascript":
        codec, found = read_codec(name, folder, file)
        mistakes += found
    mapping, found = property_maps(file, layouts)
    mistakes += found
    downlinks, found = downlinks_of(file, layouts)
    mistakes += found
    if not mapping and not mistakes:
        mistakes.append(Mistake("map", "nothing is mapped to the vocabulary, so nothing could be observed"))
    texts = [f"{mistake.where}: {mistake.what}" for mistake in mistakes] + _mistakes_in_vectors(folder)
    if mistakes:
        return None, texts
    source = codec.source.encode() if codec else b""
    digest = blake2b(raw + shared + source, digest_size=HASH_BYTES).digest()
    return Profile(name, folder, file, layouts, mapping, digest, codec, downlinks), texts


def read_codec(name: str, folder: Path, file: ProfileFile) -> tuple[Codec | None, list[Mistake]]:
    """codec.js beside the profile, and what is wrong with it. It is not run here."""
    path = folder / "codec.js"
    mistakes = [Mistake("sum", "has no meaning for kind 'javascript': add up in codec.js")] if file.sum else []
    if path.is_symlink() or not path.is_file():
        return None, [*mistakes, Mistake("codec.js", "missing; kind 'javascript' is read by a codec.js beside it")]
    raw = path.read_bytes()
    if len(raw) > MAX_CODEC_BYTES:
        return None, [*mistakes, Mistake("codec.js", f"{len(raw)} bytes; at most {MAX_CODEC_BYTES}")]
    try:
        source = raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return None, [*mistakes, Mistake("codec.js", f"is no UTF-8 text: {error}")]
    digest = blake2b(raw, digest_size=HASH_BYTES).digest()
    return Codec(name, source, digest, file.payload.fresh_context), mistakes


def read_vectors(folder: Path) -> list[Vector]:
    """The vectors beside a profile; none when the file is missing. Raises ValidationError, OSError."""
    path = folder / "vectors.json"
    return VECTORS.validate_json(path.read_bytes()) if path.is_file() else []


def _mistakes_in_vectors(folder: Path) -> list[str]:
    """Vectors prove a profile; a profile with a faulty file of vectors still reads frames."""
    try:
        read_vectors(folder)
    except ValidationError as error:
        return [f"vectors.json: {text}" for text in told(error, Vector)]
    except OSError as error:
        return [f"vectors.json: cannot be read ({error.strerror})"]
    return ["vectors.json: is a folder, not a file"] if (folder / "vectors.json").is_dir() else []
