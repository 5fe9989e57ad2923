using Microsoft.Playwright;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>The modules that compute something, by themselves, in the browser they run in.</summary>
[Collection(Chromium.Tests)]
public sealed class ModuleTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    [Fact]
    public async Task Events_are_read_whatever_the_pieces_they_come_in()
    {
        await using var visit = await OpenAsync();
        var wrong = await visit.Page.EvaluateAsync<string[]>(
            """
            async (js) => {
              const { EventReader } = await import(js + 'lib/sse.js');
              const stream = ': a comment\n\nevent: delta\ndata: {"text":"a: b"}\n\nid: 7\r\nevent: done\r\ndata: first\r\ndata:second\r\n\r\nevent: nothing\n\n';
              const expected = JSON.stringify([{ event: 'delta', data: '{"text":"a: b"}' }, { event: 'done', data: 'first\nsecond' }]);
              const wrong = [];
              for (let first = 0; first <= stream.length; first++) {
                for (let second = first; second <= stream.length; second += 7) {
                  const reader = new EventReader();
                  const found = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)].flatMap((piece) => reader.feed(piece));
                  if (JSON.stringify(found) !== expected) wrong.push(`${first}/${second}: ${JSON.stringify(found)}`);
                }
              }
              return wrong;
            }
            """,
            await ScriptsAsync(visit.Page));
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("One [1] and [2].", "<p>One <b>1</b> and [2].</p>")]
    [InlineData("A\nB\n\nC", "<p>A\nB</p><p>C</p>")]
    [InlineData("- a\n- **b**\n\n3. c\n4. d", "<ul><li>a</li><li><strong>b</strong></li></ul><ol start=\"3\"><li>c</li><li>d</li></ol>")]
    [InlineData("```\n<b>x</b>\n\n[1]\n```", "<pre><code>&lt;b&gt;x&lt;/b&gt;\n\n[1]</code></pre>")]
    [InlineData("<i>x</i> `<u>` ** [x](javascript:1)", "<p>&lt;i&gt;x&lt;/i&gt; <code>&lt;u&gt;</code> ** [x](javascript:1)</p>")]
    [InlineData("", "")]
    public async Task Answers_become_paragraphs_lists_and_markers_and_nothing_else(string text, string html)
    {
        await using var visit = await OpenAsync();
        var rendered = await visit.Page.EvaluateAsync<string>(
            """
            async ([js, text]) => {
              const { renderAnswer } = await import(js + 'ask/answer.js');
              const target = document.createElement('div');
              renderAnswer(target, text, (n) => (n === 1 ? Object.assign(document.createElement('b'), { textContent: '1' }) : null));
              return target.innerHTML;
            }
            """,
            new[] { await ScriptsAsync(visit.Page), text });
        Assert.Equal(html, rendered);
    }

    [Fact]
    public async Task Only_answered_questions_become_history_and_not_too_many()
    {
        await using var visit = await OpenAsync();
        var history = await visit.Page.EvaluateAsync<string[]>(
            """
            async (js) => {
              const { historyOf } = await import(js + 'ask/memory.js');
              const turn = (n, more) => ({ kind: 'ask', question: 'q' + n, answer: 'a' + n, problem: null, ...more });
              const turns = [turn(0), turn(1), turn(2, { kind: 'search' }), turn(3, { problem: 'no' }), turn(4, { answer: '' }), turn(5), turn(6), turn(7), turn(8, { answer: 'x'.repeat(9000) })];
              // Half of a character is no text: the API refuses the whole question for it.
              const cut = historyOf([turn(9, { answer: 'x'.repeat(3999) + '😀 and more' })])[1].content;
              if (cut !== 'x'.repeat(3999)) return ['cut within a character', cut];
              return historyOf(turns).map((x) => `${x.role}:${x.content.length > 10 ? x.content.length : x.content}`);
            }
            """,
            await ScriptsAsync(visit.Page));
        Assert.Equal(
            ["user:q1", "assistant:a1", "user:q5", "assistant:a5", "user:q6", "assistant:a6", "user:q7", "assistant:a7", "user:q8", "assistant:4000"], history);
    }

    private async Task<Visit> OpenAsync()
    {
        var visit = await chromium.VisitAsync(site.Address);
        await visit.Page.GotoAsync("/signin");
        return visit;
    }

    private static async Task<string> ScriptsAsync(IPage page) =>
        (await page.Locator("script[src$='shell.js']").GetAttributeAsync("src"))!.Replace("shell.js", "", StringComparison.Ordinal);
}
