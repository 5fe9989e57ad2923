using Microsoft.Playwright;

namespace Rag.Web.Tests.Support;

/// <summary>What a script can find out about a page's accessibility: names, labels, structure, contrast, sideways scrolling.</summary>
internal static class Accessibility
{
    public static async Task<string[]> FindingsAsync(IPage page, string where)
    {
        var findings = await page.EvaluateAsync<string[]>(Script);
        return [.. findings.Select(x => $"{where}: {x}")];
    }

    private const string Script =
        """
        () => {
          const findings = [];
          const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length > 0;
          const describe = (e) => `<${e.tagName.toLowerCase()}${e.id ? ' id=' + e.id : ''} class="${e.getAttribute('class') ?? ''}"> “${(e.textContent ?? '').trim().slice(0, 40)}”`;
          const modal = document.querySelector('dialog:modal');
          const scope = modal ?? document;
          const all = (selector) => [...scope.querySelectorAll(selector)].filter(visible);

          const textOf = (e) => {
            const ids = e.getAttribute('aria-labelledby');
            if (ids) return ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
            if (e.getAttribute('aria-label')) return e.getAttribute('aria-label');
            if (e.labels?.length) return [...e.labels].map((l) => l.textContent).join(' ');
            const copy = e.cloneNode(true);
            copy.querySelectorAll('[aria-hidden=true]').forEach((x) => x.remove());
            return copy.textContent || (e.tagName === 'INPUT' && e.type === 'submit' ? e.value : '');
          };

          for (const e of all('a[href], button, input:not([type=hidden]), select, textarea, summary, dialog, [role=region], nav, progress'))
            if (!textOf(e)?.trim()) findings.push('no name: ' + describe(e));
          for (const e of all('img:not([alt])')) findings.push('no alternative: ' + describe(e));
          for (const e of all('[onclick], [style*="expression"]')) findings.push('inline handler: ' + describe(e));
          for (const e of all('[aria-describedby], [aria-labelledby], [aria-controls]'))
            for (const name of ['aria-describedby', 'aria-labelledby', 'aria-controls'])
              for (const id of (e.getAttribute(name) ?? '').split(/\s+/).filter(Boolean))
                if (!document.getElementById(id)) findings.push(`${name} points to nothing (${id}): ` + describe(e));
          const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
          for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) findings.push('twice the same id: ' + id);
          if (!document.documentElement.lang) findings.push('the page has no language');
          if (!document.title) findings.push('the page has no title');
          if (document.querySelectorAll('main').length !== 1) findings.push('not exactly one main');
          if ([...document.querySelectorAll('h1')].filter(visible).length !== 1) findings.push('not exactly one h1');
          let level = 1;
          for (const e of [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((x) => x.checkVisibility())) {
            const now = Number(e.tagName[1]);
            if (now > level + 1) findings.push(`heading jumps from ${level} to ${now}: ` + describe(e));
            level = now;
          }
          for (const e of all('a[href], button')) {
            const outer = e.getBoundingClientRect();
            if (outer.height < 20 && !e.closest('p, li, td, dd, h2, h3, figcaption') && !e.matches('.sr, .skip')) findings.push(`small target (${outer.height} px): ` + describe(e));
          }
          if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
            findings.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${document.documentElement.clientWidth}`);

          const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return { r: m[0], g: m[1], b: m[2], a: m[3] ?? 1 }; };
          const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const ground = (e) => {
            const layers = [];
            for (let x = e; x; x = x.parentElement) {
              const c = parse(getComputedStyle(x).backgroundColor);
              if (c.a > 0) layers.push(c);
              if (c.a === 1) break;
            }
            return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
          };
          const luminance = ({ r, g, b }) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const contrast = (a, b) => { const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x); return (hi + 0.05) / (lo + 0.05); };
          const walker = document.createTreeWalker(modal ?? document.body, NodeFilter.SHOW_TEXT);
          const seen = new Set();
          while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || seen.has(e) || !visible(e) || e.closest('.sr, .skip, template, noscript, script, style')) continue;
            seen.add(e);
            const style = getComputedStyle(e);
            const under = ground(e);
            const ratio = contrast(over(parse(style.color), under), under);
            const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (large ? 3 : 4.5)) findings.push(`contrast ${ratio.toFixed(2)}: ` + describe(e));
          }
          for (const e of all('input[placeholder], textarea[placeholder]')) {
            const under = ground(e);
            const ratio = contrast(over(parse(getComputedStyle(e, '::placeholder').color), under), under);
            if (ratio < 4.5) findings.push(`contrast of placeholder ${ratio.toFixed(2)}: ` + describe(e));
          }
          return findings;
        }
        """;
}
