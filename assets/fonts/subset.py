#!/usr/bin/env python3
"""Makes the four font files beside this script from Debian's Noto packages.

Needs:  apt-get install fonts-noto-core fonts-noto-cjk    (OFL 1.1, see OFL.txt)
        pip install fonttools
Run:    python3 assets/fonts/subset.py                    (about four seconds)

The Latin files are ordinary subsets of Noto Sans: the window asks them first, and they keep their
mark positioning because a letter and its accent (h with tilde, c with tilde) are shaped only when both
come from one font. The third file is drawn anew, glyph by glyph, from the first Noto font that has
the character: one file with Chinese, Greek and mathematics, because the figure exporter
cannot fall back from one font to another.

Every character found in the lessons and word lists is added to the standard sets, so a rare one needs
only another run.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
CJK_BOLD = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
SIMPLIFIED_CHINESE = 2  # face number within the collection

# Beyond GB2312 level 1, which holds the 3755 commonest characters: terms of this field.
TERMS = "熵阈耦栅嵌卷帧溯矢瞬锚迭冗谐噪骰〇"

SYMBOLS = (
    "∂∇∑∏∫√∞∝∅∈∉∀∃∧∨¬∩∪⊂⊆⊥⊤∗∘⋅⋯⋮⋱×±÷⊙⊕⊗⊖⊘≈≠≤≥≡∼≪≫∥‖⟨⟩⌊⌋⌈⌉ℝℕ𝔼ℒ𝒩ℓ†′″‰"
    "←→↑↓↔↕↖↗↘↙⇐⇒⇔⇧↦↺↻⟵⟶⟷⟲⟳␣⏎⌫⌘⌀"
    "■□▪▫▲△▶▸▼▽◀◂◆◇●○◐⬤★☆☀☾✓✕✗✎⚙☰⤢⧉⏮⏭⏵⏸⏹⏴⏪⏩⏺🔍"
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵀᵗᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐᵒᵖʳˢᵘᵛʷˣʸᶻ"
    "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)
MARKS = [chr(c) for c in range(0x300, 0x315)] + ["\u0331", "\u0332", "\u20d7"]


def span(first, last):
    return [chr(c) for c in range(first, last + 1)]


def gb2312(first_row, last_row):
    """The characters of some rows of the national standard, numbered as its lead bytes."""
    found = []
    for row in range(first_row, last_row + 1):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes([row, cell]).decode("gb2312"))
            except UnicodeDecodeError:
                pass
    return found


def written():
    """Every character that the repository's lessons and word lists use."""
    files = [*ROOT.glob("lessons/**/*.md"), *ROOT.glob("assets/i18n/*.toml"), *ROOT.glob("assets/**/*.json")]
    return set("".join(f.read_text(encoding="utf-8") for f in files))


def latin_subset(source, target, wanted):
    font = TTFont(source, recalcTimestamp=False)  # the same bytes at every run
    options = subset.Options()
    options.layout_features = ["mark", "mkmk", "ccmp", "kern"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    options.drop_tables += ["vhea", "vmtx", "STAT", "meta"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(c) for c in wanted])
    subsetter.subset(font)
    font.save(target)


def merged(sources, target, wanted, style="Regular"):
    """Draws each wanted character from the first source that has it, into one CFF font."""
    fonts = [(f, f.getBestCmap(), f.getGlyphSet(), 1000 / f["head"].unitsPerEm) for f in sources]
    assert all(scale == 1 for *_, scale in fonts), "the Noto fonts used here share one em of 1000 units"
    order, cmap, strings, metrics, missing = [".notdef"], {}, {}, {}, []
    pen = T2CharStringPen(500, None)
    for x, y in [(50, 0), (450, 0), (450, 700), (50, 700)]:
        (pen.lineTo if (x, y) != (50, 0) else pen.moveTo)((x, y))
    pen.closePath()
    strings[".notdef"], metrics[".notdef"] = pen.getCharString(), (500, 50)
    for char in sorted(wanted):
        code = ord(char)
        hit = next(((c[code], s) for _, c, s, _ in fonts if code in c), None)
        if hit is None:
            missing.append(char)
            continue
        name, glyphs = f"u{code:04X}", hit[1]
        pen = T2CharStringPen(None, glyphs)
        glyphs[hit[0]].draw(pen)
        order.append(name)
        cmap[code], strings[name] = name, pen.getCharString()
        metrics[name] = (round(glyphs[hit[0]].width), 0)
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(cmap)
    builder.setupCFF(f"UnrolledSansSC-{style}", {"FullName": "Unrolled Sans SC"}, strings, {})
    builder.setupHorizontalMetrics(metrics)
    # The Latin file's ascent and descent, so that both stand on one baseline in rows of one height.
    builder.setupHorizontalHeader(ascent=1069, descent=-293)
    builder.setupOS2(sTypoAscender=1069, sTypoDescender=-293, usWinAscent=1069, usWinDescent=293, sxHeight=536, sCapHeight=714)
    builder.setupNameTable(
        {
            "familyName": "Unrolled Sans SC",
            "styleName": style,
            "copyright": "Drawn from Noto Sans, Noto Sans Math, Noto Sans Symbols (Google) and Noto Sans CJK (Adobe)",
            "licenseDescription": "SIL Open Font License, Version 1.1",
            "licenseInfoURL": "https://openfontlicense.org",
        }
    )
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    builder.save(target)
    return missing


def main():
    latin = set(span(0x20, 0x7E) + span(0xA0, 0x17F) + span(0x391, 0x3C9) + ["ϕ", "ϵ", "Ḣ", "ẑ", "ỹ", "ŷ"])
    latin -= {"\u03a2"}
    latin |= set(MARKS) | set(span(0x2010, 0x2027)) | {"−", "∙", "€"}
    chinese = set(gb2312(0xB0, 0xD7) + gb2312(0xA1, 0xA1) + gb2312(0xA3, 0xA3)) | set(TERMS) | set(span(0x2500, 0x2503))
    controls = {"\n", "\r", "\t", "\ufe0f", "\u200b"}
    everything = (latin | chinese | set(SYMBOLS) | written()) - controls

    latin_subset(NOTO / "NotoSans-Regular.ttf", HERE / "NotoSans-Latin.ttf", latin | set(SYMBOLS))
    latin_subset(NOTO / "NotoSans-Bold.ttf", HERE / "NotoSans-Latin-Bold.ttf", latin)
    sources = [TTFont(NOTO / f"NotoSans{part}-Regular.ttf") for part in ("", "Math")]
    sources.append(TTFont(CJK, fontNumber=SIMPLIFIED_CHINESE))
    sources += [TTFont(NOTO / f"NotoSans{part}-Regular.ttf") for part in ("Symbols2", "Symbols")]
    missing = merged(sources, HERE / "UnrolledSansSC.otf", everything)

    # Headings and strong words are few; what is not written anywhere falls back to the regular file.
    bold = {c for c in written() if c >= "\u2e80"}
    missing += merged([TTFont(CJK_BOLD, fontNumber=SIMPLIFIED_CHINESE)], HERE / "UnrolledSansSC-Bold.otf", bold, "Bold")

    for file in ("UnrolledSansSC-Bold.otf", "NotoSans-Latin.ttf", "NotoSans-Latin-Bold.ttf", "UnrolledSansSC.otf"):
        print(f"{file}: {(HERE / file).stat().st_size:,} bytes")
    if missing:
        sys.exit("no font has: " + " ".join(f"{c} (U+{ord(c):04X})" for c in missing))


if __name__ == "__main__":
    main()
