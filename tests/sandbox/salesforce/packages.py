"""Archives in the Metadata API's format, made from a source-format folder as the sf command line makes them."""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from pathlib import Path

PARTS = {
    "fields": "CustomField",
    "validationRules": "ValidationRule",
    "listViews": "ListView",
    "compactLayouts": "CompactLayout",
}
KINDS = {
    "permissionsets": "PermissionSet",
    "customPermissions": "CustomPermission",
    "layouts": "Layout",
    "flows": "Flow",
    "quickActions": "QuickAction",
    "tabs": "CustomTab",
}
XMLNS = "http://soap.sforce.com/2006/04/metadata"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def archive_files(folder: Path) -> dict[str, str]:
    """The files of an archive by their paths, package.xml among them."""
    package = next(iter(sorted(folder.rglob("objects")))).parent
    named: dict[str, list[str]] = defaultdict(list)
    files = {}
    for home in sorted(each for each in (package / "objects").iterdir() if each.is_dir()):
        files[f"objects/{home.name}.object"] = _object_file(home, named)
    for place, kind in KINDS.items():
        for file in sorted((package / place).glob("*-meta.xml")):
            name = file.name.removesuffix("-meta.xml")
            files[f"{place}/{name}"] = file.read_text(encoding="utf-8")
            named[kind].append(name.rpartition(".")[0])
    return {**files, "package.xml": package_xml(named)}


def package_xml(named: dict[str, list[str]]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{each}</members>' for each in names)}<name>{kind}</name></types>"
        for kind, names in named.items()
    )
    return f'{HEAD}<Package xmlns="{XMLNS}">{types}<version>63.0</version></Package>'


def zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return data.getvalue()


def _object_file(home: Path, named: dict[str, list[str]]) -> str:
    definition = home / f"{home.name}.object-meta.xml"
    inner = _inside(definition) if definition.exists() else ""
    if inner:
        named["CustomObject"].append(home.name)
    for part, kind in PARTS.items():
        for file in sorted((home / part).glob("*-meta.xml")):
            inner += f"<{part}>{_inside(file)}</{part}>\n"
            named[kind].append(f"{home.name}.{file.name.split('.')[0]}")
    return f'{HEAD}<CustomObject xmlns="{XMLNS}">\n{inner}</CustomObject>\n'


def _inside(file: Path) -> str:
    text = re.sub(r"<\?xml.*?\?>", "", file.read_text(encoding="utf-8"))
    return text.strip().partition(">")[2].rpartition("</")[0]
