from __future__ import annotations

import xml.etree.ElementTree as xml

from tools.support import load

pictures = load("pictures", "ci")

OUTPUT = """\
$ ./pants affected   # a change
6 of 9 images and 7 of 9 tests are affected since HEAD (3f2a91c8).

1 change
  edited (src/<a>.py)

Wave 1: 1 image, 1 test
  a_test.py:tests
    ← elsewhere
  base:image
    ← src/<a>.py › base:library
  other:image
    ← another
  more_test.py:tests
    ← elsewhere

Wave 2: 5 images
  l/a:image
  l/b:image  +1
  l/c:image
  l/d:image
  l/e:image
    ← src/<a>.py › base:library
      › base:image

Next: ./pants affected
"""


def test_a_picture_holds_the_first_images_of_each_wave_and_their_reason() -> None:
    shown = list(pictures.excerpt(OUTPUT))
    assert shown[-7:] == [
        "Wave 2: 5 images",
        "  l/a:image",
        "  l/b:image  +1",
        "  l/c:image",
        "  … 2 more images",
        "    ← src/<a>.py › base:library",
        "      › base:image",
    ]
    assert "    ← elsewhere" not in shown
    place = shown.index("  base:image")
    assert shown[place + 1 : place + 4] == [
        "    ← src/<a>.py › base:library",
        "  other:image",
        "    ← another",
    ]


def test_it_is_well_formed_whatever_is_printed() -> None:
    drawn = xml.fromstring(pictures.drawn(OUTPUT + "\n" + OUTPUT.replace("a change", "&")))
    texts = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert texts.count("  edited (src/<a>.py)") == 2
    assert "$ ./pants affected   # &" in texts


def test_only_the_named_project_is_bumped() -> None:
    lock = "pyarrow==26.0.1 \\\n    --hash=x\npyarrow-stubs==26.0.1 \\\n"
    assert pictures.bumped(lock) == lock.replace("pyarrow==26.0.1", "pyarrow==26.1.0")
