from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from workbench.widgets.base.bundle import bundle_modules, bundle_styles

if TYPE_CHECKING:
    from pathlib import Path

END = "export default { render };\n"


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.mjs").write_text(text)
    return folder / "view.mjs"


DEEP = """
export const deep = "deep";
const hidden = 1;
export class Kept {
  #secret = hidden;
  get() { return this.#secret; }
}
"""
LEFT = """
import { deep } from "./deep.mjs";
const hidden = "left";
export function said() {
  return hidden + deep;
}
"""
RIGHT = """
const hidden = "right";
export async function said() {
  return hidden;
}
"""
VIEW = """
import { said } from "./left.mjs";
import { said as other } from "./right.mjs";
import {
  Kept,
} from "./deep.mjs";
const hidden = [said(), new Kept().get()];
const render = async () => [...hidden, await other()].join();
"""


def test_modules_may_use_the_same_names_inside(tmp_path: Path, node_path: str) -> None:
    view = write(tmp_path, deep=DEEP, left=LEFT, right=RIGHT, view=VIEW + END)
    joined = tmp_path / "joined.mjs"
    joined.write_text(bundle_modules(view))
    probe = f"import view from {str(joined)!r}; console.log(await view.render());"
    command = [node_path, "--input-type=module", "--eval", probe]
    run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert run.stdout.strip() == "leftdeep,1,right"


def test_a_module_imported_twice_is_there_once(tmp_path: Path) -> None:
    view = write(
        tmp_path,
        state="export const state = new Map();\n",
        one='import { state } from "./state.mjs";\nexport const one = state;\n',
        view='import { state } from "./state.mjs";\nimport { one } from "./one.mjs";\n' + END,
    )
    assert bundle_modules(view).count("new Map()") == 1


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        (
            {"a": "const x = 1;\n", "view": 'import { x } from "./a.mjs";\n' + END},
            "view.mjs imports x, which a.mjs does not",
        ),
        (
            {
                "a": 'import { b } from "./b.mjs";\nexport const a = 1;\n',
                "b": 'import { a } from "./a.mjs";\nexport const b = 1;\n',
                "view": 'import { a } from "./a.mjs";\n' + END,
            },
            "circular import: a.mjs imports b.mjs imports a.mjs",
        ),
        ({"view": 'import * as a from "./a.mjs";\n' + END}, "cannot be bundled: import \\* as a"),
        ({"view": 'import { a } from "https://example.org/a.mjs";\n' + END}, "cannot be bundled: import"),
        ({"view": 'const a = import("./a.mjs");\n' + END}, "cannot be bundled: import"),
        (
            {"a": "export let x = 1;\n", "view": 'import { x } from "./a.mjs";\n' + END},
            "a.mjs cannot be bundled: export let",
        ),
        (
            {"a": "export default 1;\n", "view": 'import { x } from "./a.mjs";\n' + END},
            "cannot be bundled: export default",
        ),
        ({"view": "const a = `one\n// two`;\n" + END}, "view.mjs:1: template strings end"),
        ({"view": "export const render = 1;\n"}, "does not end with"),
    ],
)
def test_mistakes_show_when_the_widget_is_imported(tmp_path: Path, modules: dict[str, str], message: str) -> None:
    with pytest.raises(ImportError, match=message):
        bundle_modules(write(tmp_path, **modules))


def test_only_lines_of_comments_indentation_and_types_are_left_out(tmp_path: Path) -> None:
    text = (
        '// @ts-check\n/**\n * Gone.\n */\nconst url = "a//b"; // stays\n/** @type {any} */ (url).call();\n\n'
        f"  // gone\n{END}"
    )
    joined = bundle_modules(write(tmp_path, view=text))
    assert joined.splitlines() == ['const url = "a//b"; // stays', "(url).call();", END.strip()]


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    for parent in ("x", "y"):
        (tmp_path / parent / "same").mkdir(parents=True)
        (tmp_path / parent / "same" / "a.mjs").write_text("export const a = 1;\n")
    view = write(
        tmp_path,
        view='import { a } from "./x/same/a.mjs";\nimport { a as b } from "./y/same/a.mjs";\n' + END,
    )
    with pytest.raises(ImportError, match=re.escape("two modules would both be called same$a")):
        bundle_modules(view)


def test_the_colours_come_first(tmp_path: Path) -> None:
    sheet = tmp_path / "style.css"
    sheet.write_text(".mine { color: var(--wb-text); }\n")
    text = bundle_styles(sheet)
    assert text.index("--wb-text:") < text.index(".mine")
