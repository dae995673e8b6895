/// The dashboard page's style: one sheet, light and dark, from phone to wall.
enum DashboardStyle {
    static let text = #"""
        :root {
          --ground: #f4f6f8; --card: #ffffff; --sunk: #f7f9fa; --ink: #17212b; --soft: #566675; --faint: #5f6d79;
          --line: #e2e8ed; --primary: #2563a8; --c0: #0d7d74; --c1: #8a5a00; --c2: #7645b5; --c3: #a63d6f;
          --good: #23784b; --warn: #96610a; --bad: #c02c2c; --badwash: #fdf0ef; --warnwash: #fdf6e7;
          --shadow: 0 1px 2px rgba(23,33,43,.05), 0 4px 16px rgba(23,33,43,.04);
        }
        @media (prefers-color-scheme: dark) {
          :root:not([data-theme=light]) {
            --ground: #0d1217; --card: #141b22; --sunk: #10161c; --ink: #e4ebf1; --soft: #9aa9b6; --faint: #8696a3;
            --line: #222d37; --primary: #6cb0f5; --c0: #4cc9bb; --c1: #e3b04b; --c2: #b493f2; --c3: #ee8fb5;
            --good: #58c98a; --warn: #e3b04b; --bad: #f5766f; --badwash: #2a1718; --warnwash: #262013;
            --shadow: none;
          }
        }
        :root[data-theme=dark] {
          --ground: #0d1217; --card: #141b22; --sunk: #10161c; --ink: #e4ebf1; --soft: #9aa9b6; --faint: #8696a3;
          --line: #222d37; --primary: #6cb0f5; --c0: #4cc9bb; --c1: #e3b04b; --c2: #b493f2; --c3: #ee8fb5;
          --good: #58c98a; --warn: #e3b04b; --bad: #f5766f; --badwash: #2a1718; --warnwash: #262013; --shadow: none;
          color-scheme: dark;
        }
        :root[data-theme=light] { color-scheme: light; }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
          font-variant-numeric: tabular-nums;
        }
        h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
        ul { list-style: none; }
        a { color: var(--primary); text-decoration: none; }
        a:hover { text-decoration: underline; }
        :focus-visible { outline: 2px solid var(--primary); outline-offset: 2px; border-radius: 4px; }
        .unseen {
          position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
        }
        .skip { position: absolute; left: -999px; }
        .skip:focus { left: 12px; top: 8px; background: var(--card); padding: 6px 10px; z-index: 9; }
        .top {
          position: sticky; top: 0; z-index: 5; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px;
          padding: 10px 22px; background: color-mix(in srgb, var(--ground) 88%, transparent);
          backdrop-filter: blur(8px); border-bottom: 1px solid var(--line);
        }
        .brand {
          display: flex; align-items: center; gap: 8px; font-size: 17px; font-weight: 650; letter-spacing: .01em;
        }
        .gateway-name { color: var(--soft); font-weight: 450; }
        .brand svg { fill: none; stroke: var(--primary); stroke-width: 2.4; stroke-linejoin: round; }
        .brand .echo { opacity: .4; }
        .live { display: flex; align-items: center; gap: 7px; color: var(--soft); }
        .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--faint); flex: none; }
        .live.on .dot { background: var(--good); }
        .live.late .dot { background: var(--warn); }
        .live.off .dot { background: var(--bad); }
        .live.off { color: var(--bad); font-weight: 600; }
        .facts { display: flex; flex-wrap: wrap; gap: 4px 14px; color: var(--soft); flex: 1 1 auto; }
        .facts b { color: var(--ink); font-weight: 600; }
        .facts .bad, .facts .bad b { color: var(--bad); }
        .controls { display: flex; flex-wrap: wrap; gap: 8px; }
        button, input { font: inherit; color: inherit; }
        button {
          background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 4px 11px;
          cursor: pointer; min-height: 30px;
        }
        button:hover { border-color: var(--faint); }
        button[aria-pressed=true] { background: var(--ink); color: var(--ground); border-color: var(--ink); }
        .segments { display: flex; }
        .segments button { border-radius: 0; margin-left: -1px; }
        .segments button:first-child { border-radius: 7px 0 0 7px; margin: 0; }
        .segments button:last-child { border-radius: 0 7px 7px 0; }
        main { max-width: 1680px; margin: 0 auto; padding: 18px 22px; display: grid; gap: 18px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; }
        .tile {
          background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px;
          box-shadow: var(--shadow); min-width: 0;
        }
        .tile dt { color: var(--soft); font-size: 12.5px; }
        .tile dd { font-size: 23px; font-weight: 620; letter-spacing: -.01em; white-space: nowrap; }
        .tile dd small { font-size: 12.5px; font-weight: 400; color: var(--soft); letter-spacing: 0; }
        .tile.bad dd { color: var(--bad); }
        .tile.warn dd { color: var(--warn); }
        .problems {
          background: var(--badwash); border: 1px solid color-mix(in srgb, var(--bad) 35%, var(--line));
          border-radius: 12px; padding: 12px 16px;
        }
        .problems h2 { font-size: 14px; color: var(--bad); margin-bottom: 6px; }
        .problems li {
          padding: 5px 0; border-top: 1px solid color-mix(in srgb, var(--bad) 16%, transparent); display: grid;
          grid-template-columns: minmax(0, 15em) minmax(0, 1fr); gap: 2px 14px;
        }
        .problems li:first-child { border: 0; }
        .problems b { font-weight: 600; overflow-wrap: anywhere; }
        .problems span { overflow-wrap: anywhere; }
        .problems i { font-style: normal; color: var(--soft); font-weight: 400; }
        #mirrorings { display: grid; gap: 18px; outline: none; }
        .card {
          background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px;
          box-shadow: var(--shadow); min-width: 0;
        }
        .card > h2, .row h2, .second { font-size: 16px; font-weight: 640; overflow-wrap: anywhere; }
        .second { margin: 20px 0 8px; }
        .row {
          display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px;
          margin-bottom: 8px;
        }
        .row[hidden] { display: none; }
        .under { color: var(--soft); margin: 1px 0 12px; overflow-wrap: anywhere; }
        .legs {
          display: grid; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr));
          gap: 14px;
        }
        .leg {
          border: 1px solid var(--line); border-top: 3px solid var(--tone); border-radius: 11px;
          padding: 12px 14px 14px; background: var(--sunk); min-width: 0; display: flex; flex-direction: column;
          gap: 12px; container-type: inline-size;
        }
        .leg.bad { border-color: var(--bad); background: var(--badwash); border-top-color: var(--tone); }
        .leg h3 { font-size: 14.5px; font-weight: 620; overflow-wrap: anywhere; }
        .role {
          color: var(--tone); font-size: 11.5px; font-weight: 650; text-transform: uppercase; letter-spacing: .07em;
          display: flex; justify-content: space-between; gap: 8px;
        }
        .role em { font-style: normal; color: var(--bad); }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
        .figure { min-width: 0; }
        .figure .label, .label {
          color: var(--soft); font-size: 12.5px; display: flex; justify-content: space-between; gap: 8px;
        }
        .value { font-size: 20px; font-weight: 620; letter-spacing: -.01em; white-space: nowrap; }
        .value small { font-size: 12.5px; font-weight: 400; color: var(--soft); }
        .value.bad { color: var(--bad); }
        .value.warn { color: var(--warn); }
        svg.spark { display: block; width: 100%; height: 38px; margin-top: 3px; overflow: visible; }
        svg.spark .line {
          fill: none; stroke: var(--tone); stroke-width: 1.6; vector-effect: non-scaling-stroke;
          stroke-linejoin: round;
        }
        svg.spark .area { fill: var(--tone); opacity: .12; }
        svg.spark .base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        svg.spark.err .line { stroke: var(--bad); }
        svg.spark.err .area { fill: var(--bad); }
        .quantiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin-top: 2px; }
        .quantiles div { min-width: 0; }
        .quantiles span { display: block; color: var(--soft); font-size: 12px; }
        .quantiles b { font-weight: 610; font-size: 14.5px; white-space: nowrap; }
        @container (max-width: 21.5rem) { .quantiles { grid-template-columns: 1fr 1fr; gap: 4px 8px; } }
        .bars {
          display: flex; align-items: flex-end; gap: 2px; height: 58px; margin-top: 6px;
          border-bottom: 1px solid var(--line);
        }
        .bars i { flex: 1 1 0; position: relative; height: 100%; min-width: 2px; }
        .bars u {
          position: absolute; inset: auto 0 0 0; background: var(--tone); opacity: .75; border-radius: 2px 2px 0 0;
          min-height: 0;
        }
        .bars s { position: absolute; left: 0; right: 0; height: 0; border-top: 2px solid var(--primary); }
        .axis { display: flex; gap: 2px; color: var(--faint); font-size: 10.5px; }
        .axis span {
          flex: 1 1 0; min-width: 2px; white-space: nowrap; display: flex; justify-content: flex-end;
          overflow: visible; direction: ltr;
        }
        .meter { position: relative; height: 8px; border-radius: 4px; background: var(--line); margin: 8px 0 4px; }
        .meter u { position: absolute; inset: 0 auto 0 0; background: var(--tone); border-radius: 4px; }
        .meter s { position: absolute; top: -3px; bottom: -3px; width: 2px; background: var(--ink); }
        .stack {
          display: flex; height: 8px; border-radius: 4px; overflow: hidden; background: var(--line); margin: 6px 0;
          gap: 1px;
        }
        .stack u { display: block; min-width: 2px; }
        .reasons { display: grid; grid-template-columns: repeat(auto-fill, minmax(148px, 1fr)); gap: 1px 16px; }
        .reasons li { display: flex; gap: 7px; align-items: baseline; min-width: 0; }
        .reasons i { width: 8px; height: 8px; border-radius: 2px; flex: none; }
        .reasons span { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; }
        .reasons b { font-weight: 600; }
        .matrix { border-collapse: separate; border-spacing: 2px; width: auto; font-size: 12px; margin-top: 2px; }
        .matrix th { font-weight: 500; color: var(--soft); padding: 1px 6px; text-align: center; }
        .matrix td {
          text-align: center; border-radius: 4px; padding: 2px 7px; min-width: 46px; background: var(--card);
        }
        .matrix td.same { background: color-mix(in srgb, var(--good) calc(var(--w) * 1%), var(--card)); }
        .matrix td.other { background: color-mix(in srgb, var(--bad) calc(var(--w) * 1%), var(--card)); }
        .matrix td.none { color: var(--faint); }
        .matrix thead td { background: none; }
        table { border-collapse: collapse; width: 100%; }
        th { text-align: left; color: var(--soft); font-weight: 500; font-size: 12.5px; }
        #services th, #services td, #routers th, #routers td {
          padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top;
        }
        .n { text-align: right !important; white-space: nowrap; }
        td.n { font-weight: 550; }
        #services tr > :last-child { padding-left: 10px; white-space: nowrap; }
        td code {
          font: 12.5px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere;
          display: block; min-width: 15em;
        }
        tbody tr:last-child td { border-bottom: 0 !important; }
        .scroll { overflow-x: auto; }
        .state { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap; }
        .state.enabled .dot { background: var(--good); }
        .state.warning .dot { background: var(--warn); }
        .state.disabled .dot { background: var(--bad); }
        .state.disabled { color: var(--bad); }
        .chips { display: flex; flex-wrap: wrap; gap: 4px 12px; color: var(--soft); font-size: 12.5px; }
        .chips span { display: inline-flex; gap: 6px; align-items: center; overflow-wrap: anywhere; }
        .chips .up .dot { background: var(--good); }
        .chips .down .dot { background: var(--bad); }
        .chips .down { color: var(--bad); }
        .search input {
          background: var(--sunk); border: 1px solid var(--line); border-radius: 7px; padding: 5px 10px;
          width: 220px; max-width: 60vw;
        }
        .empty { color: var(--soft); padding: 26px 0; text-align: center; }
        footer {
          max-width: 1680px; margin: 0 auto; padding: 2px 22px 26px; color: var(--faint); font-size: 12.5px;
          display: flex; flex-wrap: wrap; justify-content: space-between; gap: 6px 20px;
        }
        footer nav { display: flex; gap: 16px; flex-wrap: wrap; }
        dialog {
          background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 14px;
          padding: 18px 22px; max-width: 460px; width: calc(100% - 32px);
        }
        dialog::backdrop { background: rgba(8,12,16,.45); }
        dialog h2 { font-size: 16px; margin-bottom: 10px; }
        dialog dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; margin-bottom: 14px; }
        dialog dd { color: var(--soft); }
        kbd {
          border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 5px; padding: 0 6px;
          font: 12px ui-monospace, Menlo, Consolas, monospace;
        }
        .noscript { padding: 30px; text-align: center; }
        .paused main { opacity: .72; }
        .wall .detail, .wall .under, .wall .chips .up, .wall #tables, .wall #choice,
        .wall footer { display: none; }
        .wall .mirroring { padding: 12px 16px; }
        .wall .mirroring > h2 { margin-bottom: 8px; }
        .wall .value { font-size: 28px; }
        .wall .tile dd { font-size: 28px; }
        .wall .quantiles b { font-size: 16.5px; }
        @container (max-width: 25rem) { .wall .quantiles { grid-template-columns: 1fr 1fr; gap: 4px 8px; } }
        .wall .idle .latency, .wall .idle svg.spark { display: none; }
        @media (max-width: 640px) {
          .top { padding: 9px 14px; position: static; }
          main { padding: 14px; gap: 14px; }
          .card { padding: 13px; }
          .leg { padding: 11px; }
          .problems li { grid-template-columns: 1fr; }
          .tiles { grid-template-columns: 1fr 1fr; }
          .tile dd { font-size: 20px; }
          .controls { width: 100%; }
          #help, #wall { display: none; }
          button { min-height: 36px; }
          footer { padding: 2px 14px 22px; }
        }
        @media (min-width: 2000px) {
          body { zoom: 1.3; }
          main, footer { max-width: 2400px; }
        }
        @media print {
          .controls, .skip { display: none; }
          .top { position: static; }
        }

        """#
}
