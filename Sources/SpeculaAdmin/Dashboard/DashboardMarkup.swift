/// The dashboard page's skeleton; style and script go where the marks stand.
enum DashboardMarkup {
    static let styleMark = "/*style*/"
    static let scriptMark = "/*script*/"

    static let text = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>Specula</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
          %3Cg fill='none' stroke='%233b82c4' stroke-width='2.6' stroke-linecap='round' stroke-linejoin='round'%3E
          %3Cpath d='M6 14 10 4h12l4 10z'/%3E%3Cpath d='M6 18 10 28h12l4-10z' opacity='.45'/%3E%3C/g%3E%3C/svg%3E">
        <style>/*style*/</style>
        </head>
        <body>
        <a class="skip" href="#mirrorings">Skip to the mirrors</a>
        <header class="top">
          <h1 class="brand">
            <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
              <path d="M6 14 10 4h12l4 10z"/>
              <path class="echo" d="M6 18 10 28h12l4-10z"/>
            </svg>
            <span>Specula</span><span id="gateway-name" class="gateway-name"></span>
          </h1>
          <p id="live" class="live" role="status">
            <span class="dot" aria-hidden="true"></span><span id="live-text">connecting</span>
          </p>
          <div id="configuration" class="facts"></div>
          <div class="controls">
            <div class="segments" role="group" aria-label="Window of all figures" id="windows"></div>
            <button id="pause" type="button" aria-pressed="false" title="Pause (p)">Pause</button>
            <button id="wall" type="button" aria-pressed="false" title="Only what is read from afar (w)">Wall</button>
            <button id="theme" type="button" title="Light or dark (t)">Theme: auto</button>
            <button id="help" type="button" title="Keys (?)" aria-haspopup="dialog">Keys</button>
          </div>
        </header>
        <main>
          <section aria-label="Gateway"><dl id="tiles" class="tiles"></dl></section>
          <section id="problems" class="problems" aria-labelledby="problems-title" hidden>
            <h2 id="problems-title">Needs attention</h2>
            <ul id="problem-list"></ul>
          </section>
          <div id="choice" class="row" hidden>
            <p id="choice-text" class="under" role="status"></p>
            <label class="search">
              <span class="unseen">Search mirroring services</span>
              <input id="search" type="search" placeholder="Search and Enter ( s )" autocomplete="off" spellcheck="false">
            </label>
          </div>
          <div id="mirrorings" tabindex="-1"></div>
          <section id="tables" aria-labelledby="services-title" class="card">
            <div class="row">
              <h2 id="services-title">Services</h2>
              <label class="search">
                <span class="unseen">Filter services and routers</span>
                <input id="filter" type="search" placeholder="Filter ( / )" autocomplete="off" spellcheck="false">
              </label>
            </div>
            <p id="listed-services" class="under" role="status" hidden></p>
            <div class="scroll" tabindex="0" role="region" aria-label="Table of services">
              <table id="services">
                <thead><tr>
                  <th scope="col">Service</th>
                  <th scope="col">Type</th>
                  <th scope="col">State</th>
                  <th scope="col" class="n">Rate</th>
                  <th scope="col" class="n">5xx</th>
                  <th scope="col" class="n">p50</th>
                  <th scope="col" class="n">p95</th>
                  <th scope="col" class="n">p99</th>
                  <th scope="col">Servers</th>
                </tr></thead>
                <tbody></tbody>
              </table>
            </div>
            <h2 class="second">Routers</h2>
            <p id="listed-routers" class="under" role="status" hidden></p>
            <div class="scroll" tabindex="0" role="region" aria-label="Table of routers">
              <table id="routers">
                <thead><tr>
                  <th scope="col">Router</th>
                  <th scope="col">Rule</th>
                  <th scope="col">Service</th>
                  <th scope="col">Entry points</th>
                  <th scope="col">State</th>
                </tr></thead>
                <tbody></tbody>
              </table>
            </div>
          </section>
        </main>
        <footer>
          <span id="about"></span>
          <nav aria-label="Raw data">
            <a href="../metrics">/metrics</a>
            <a href="../api/rawdata">/api/rawdata</a>
            <a href="../api/specula/overview">/api/specula/overview</a>
          </nav>
        </footer>
        <dialog id="keys" aria-labelledby="keys-title">
          <h2 id="keys-title">Keys</h2>
          <dl>
            <dt><kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd> <kbd>4</kbd></dt>
            <dd>window: 1 minute, 5 minutes, 15 minutes, since the start</dd>
            <dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next, previous mirroring service</dd>
            <dt><kbd>p</kbd></dt><dd>pause and go on</dd>
            <dt><kbd>w</kbd></dt><dd>wall: only what is read from afar; <code>#wall</code> in the address opens it so</dd>
            <dt><kbd>t</kbd></dt><dd>theme: auto, light, dark</dd>
            <dt><kbd>/</kbd></dt><dd>filter services and routers</dd>
            <dt><kbd>s</kbd></dt><dd>search mirroring services, where there are more than are shown</dd>
            <dt><kbd>?</kbd></dt><dd>this list; <kbd>Esc</kbd> closes it</dd>
          </dl>
          <form method="dialog"><button>Close</button></form>
        </dialog>
        <noscript><p class="noscript">The page needs JavaScript; the same figures are at
          <a href="../metrics">/metrics</a> and <a href="../api/specula/overview">/api/specula/overview</a>.
        </p></noscript>
        <script>/*script*/</script>
        </body>
        </html>

        """#
}
