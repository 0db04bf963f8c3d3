"""How fast the explorers answer; run by `make bench`, never by `make test`: machines are noisy."""

import statistics

from test_explorer import PAGE, key_presses


def test_key_presses(visit) -> None:
    """From the key event to the changed and laid-out document; 500 presses."""
    times = sorted(time for _ in range(5) for time in key_presses(visit("http", PAGE).page))
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"\nkey press to redrawn: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms, "
        f"worst {times[-1]:.1f} ms"
    )


def test_ready(browser, addresses) -> None:
    """From navigation to the drawn explorer; nine first visits."""
    times = []
    for _ in range(9):
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(
            """new MutationObserver((_, self) => {
                 if (!document.querySelector('[data-widget="conv-explorer"]')) return;
                 window.drawnAt = performance.now();
                 self.disconnect();
               }).observe(document, { childList: true, subtree: true });"""
        )
        page.goto(addresses["http"] + PAGE)
        times.append(page.wait_for_function("window.drawnAt").json_value())
        context.close()
    print(f"\nexplorer drawn: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
