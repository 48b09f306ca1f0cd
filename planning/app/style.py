"""How the app looks beyond the theme: dense, calm, room for tables and the map."""

# The page's icon as text: a named Material icon would be fetched from the internet by the browser.
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#1f6f6b"/>
<path d="M16 6l9 7v13h-6v-8h-6v8H7V13z" fill="#fdfdfb"/></svg>"""

# What Streamlit itself says of uploads is English only: its words are left out, and ours stand in their place.
UPLOADS = """<style>
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"] p {{ font-size: 0; }}
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"] p::after {{ content: "{button}"; font-size: 0.875rem; }}
[data-testid="stFileUploaderDropzoneInstructions"] {{ font-size: 0; }}
[data-testid="stFileUploaderDropzoneInstructions"] * {{ font-size: 0; }}
[data-testid="stFileUploaderDropzoneInstructions"]::after {{ content: "{limit}"; font-size: 0.8rem; color: #6b7775; }}
</style>"""

STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2rem 3rem; max-width: 1700px; }
[data-testid="stSidebar"] { min-width: 220px; max-width: 240px; }
[data-testid="stMain"] h2 { font-size: 1.5rem; padding: 0 0 0.55rem; }
[data-testid="stMain"] h3 { font-size: 1.1rem; padding: 0.4rem 0 0.5rem; }
[data-testid="stMetric"] { padding: 0.55rem 0.8rem; border: 1px solid #d5ddd9; border-radius: 6px; background: #ffffff; }
.st-key-numbers [data-testid="stMetric"], .st-key-answer [data-testid="stMetric"], .st-key-merged [data-testid="stMetric"] { min-height: 6.4rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-strip) { position: sticky; top: 0.6rem; z-index: 90; background: #fdfdfb; }
[data-testid="stMetricValue"] { font-size: 1.45rem; line-height: 1.35; }
[data-testid="stMetricLabel"] p { font-size: 0.82rem; }
[data-testid="stMetricDelta"] { font-size: 0.8rem; }
[data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-tag] { background: #dcebe8 !important; color: #17504d !important; }
[data-tag] svg, [data-tag] span { color: #17504d !important; }
[data-testid="stCaptionContainer"] p { line-height: 1.5; }
.st-key-columns [data-testid="stMarkdownContainer"] p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
</style>"""
