"""Text of the OpenAPI document as HTML. Nothing of it is taken as markup but the little Markdown below."""
import html
import re


def escaped(text) -> str:
    return html.escape(str(text), quote=True)


def inline(text: str) -> str:
    """`code` and **strong**."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(f"<code>{escaped(p[1:-1])}</code>" if len(p) > 2 and p[0] == p[-1] == "`" else re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped(p)) for p in parts)


def paragraphs(text: str) -> str:
    return "".join(f"<p>{inline(' '.join(block.split()))}</p>\n" for block in re.split(r"\n\s*\n", text.strip()) if block)


def code(text) -> str:
    return f"<code>{escaped(text)}</code>"


def link(where: str, text: str) -> str:
    return f'<a href="#{escaped(where)}">{text}</a>'


def table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escaped(h)}</th>' for h in heads)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>\n' for row in rows)
    return f'<div class="wide"><table><caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n'
