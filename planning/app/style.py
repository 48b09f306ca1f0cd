"""How the app looks beyond the theme: dense, calm, room for tables and the map."""

STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2rem 3rem; max-width: 1700px; }
[data-testid="stSidebar"] { min-width: 220px; max-width: 240px; }
[data-testid="stMain"] h2 { font-size: 1.45rem; padding: 0 0 0.1rem; }
[data-testid="stMain"] h3 { font-size: 1.08rem; padding: 0.3rem 0 0.1rem; }
[data-testid="stMetric"] { padding: 0.55rem 0.8rem; border: 1px solid #d5ddd9; border-radius: 6px; background: #ffffff; }
[data-testid="stMetricValue"] { font-size: 1.45rem; line-height: 1.35; }
[data-testid="stMetricLabel"] p { font-size: 0.82rem; }
[data-testid="stMetricDelta"] { font-size: 0.8rem; }
[data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-testid="stCaptionContainer"] p { line-height: 1.5; }
</style>"""
