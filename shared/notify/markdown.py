"""A text in the Markdown that both DingTalk and WeCom accept. Pure."""

from __future__ import annotations

from shared.notify.message import Line, Text
from shared.notify.plain import in_markdown


def markdown(text: Text, *, item: str, title: str) -> str:
    """All of it; paragraphs are parted by empty lines, since a single line end is none to some.

    Args:
        text: What to say.
        item: The prefix of a row.
        title: The prefix of the title.
    """
    blocks = [
        f"{title}{in_markdown(text.title)}",
        *map(in_markdown, text.facts),
        "\n".join(markdown_line(line, text, item=item) for line in text.lines),
        in_markdown(text.more_in_words()),
        in_markdown(text.advice),
        in_markdown(text.footer),
    ]
    return "\n\n".join(filter(None, blocks))


def markdown_line(line: Line, text: Text, *, item: str) -> str:
    """One row, under its heading if it has one."""
    heading = f"\n**{in_markdown(line.heading)}**\n\n" if line.heading else ""
    link = f" [{text.link_words()}]({line.link})" if line.link else ""
    return f"{heading}{item}**{in_markdown(line.name)}** {in_markdown(line.text)}{link}"
