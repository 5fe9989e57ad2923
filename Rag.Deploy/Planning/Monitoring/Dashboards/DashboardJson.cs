using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>Writes dashboards in Grafana's form (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).</summary>
internal static class DashboardJson
{
    private const int SchemaVersion = 39;
    private const int PanelsPerLine = 3;
    private const int PanelWidth = 8;
    private const int PanelHeight = 8;

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>Equal for equal dashboards.</summary>
    /// <param name="dashboard">Which.</param>
    /// <param name="environment">The namespace that it is about: one Grafana may have the same dashboard for several.</param>
    public static string Text(Dashboard dashboard, string environment) => new JsonObject
    {
        ["uid"] = $"rag-{dashboard.Slug}-{Short(environment)}",
        ["title"] = $"{dashboard.Title} ({environment})",
        ["description"] = dashboard.Description,
        ["tags"] = new JsonArray("rag", environment),
        ["schemaVersion"] = SchemaVersion,
        ["editable"] = false,
        ["graphTooltip"] = 1,
        ["refresh"] = "30s",
        ["time"] = new JsonObject { ["from"] = "now-6h", ["to"] = "now" },
        ["timezone"] = "browser",
        ["templating"] = new JsonObject { ["list"] = new JsonArray([.. Variables(dashboard)]) },
        ["panels"] = new JsonArray([.. Panels(dashboard)]),
    }.ToJsonString(Layout) + "\n";

    private static IEnumerable<JsonNode> Variables(Dashboard dashboard)
    {
        yield return new JsonObject { ["name"] = "datasource", ["label"] = "Prometheus", ["type"] = "datasource", ["query"] = "prometheus" };
        foreach (var number in dashboard.Numbers)
        {
            yield return new JsonObject
            {
                ["name"] = number.Name,
                ["label"] = number.Label,
                ["type"] = "textbox",
                ["query"] = number.Standard,
                ["current"] = new JsonObject { ["text"] = number.Standard, ["value"] = number.Standard },
            };
        }
    }

    private static IEnumerable<JsonNode> Panels(Dashboard dashboard)
    {
        var id = 0;
        var top = 0;
        foreach (var row in dashboard.Rows)
        {
            yield return new JsonObject { ["id"] = ++id, ["type"] = "row", ["title"] = row.Title, ["collapsed"] = false, ["gridPos"] = Place(0, top++, 24, 1), ["panels"] = new JsonArray() };
            for (var i = 0; i < row.Panels.Count; i++)
            {
                yield return Panel(row.Panels[i], ++id, Place(i % PanelsPerLine * PanelWidth, top + (i / PanelsPerLine * PanelHeight), PanelWidth, PanelHeight));
            }

            top += (row.Panels.Count + PanelsPerLine - 1) / PanelsPerLine * PanelHeight;
        }
    }

    private static JsonObject Panel(Panel panel, int id, JsonObject place)
    {
        var written = new JsonObject { ["id"] = id, ["type"] = "timeseries", ["title"] = panel.Title };
        if (panel.Description is not null)
        {
            written["description"] = panel.Description;
        }

        written["datasource"] = Source();
        written["gridPos"] = place;
        written["fieldConfig"] = new JsonObject
        {
            ["defaults"] = new JsonObject { ["unit"] = panel.Unit, ["min"] = 0, ["custom"] = new JsonObject { ["fillOpacity"] = 10, ["showPoints"] = "never" } },
            ["overrides"] = new JsonArray(),
        };
        written["options"] = new JsonObject
        {
            ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true },
            ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
        };
        written["targets"] = new JsonArray([.. panel.Queries.Select(static (query, i) => (JsonNode)new JsonObject
        {
            ["refId"] = string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + i)}"),
            ["datasource"] = Source(),
            ["expr"] = query.Expr,
            ["legendFormat"] = query.Legend,
            ["range"] = true,
        })]);
        return written;
    }

    private static JsonObject Source() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };

    private static JsonObject Place(int x, int y, int width, int height) => new() { ["h"] = height, ["w"] = width, ["x"] = x, ["y"] = y };

    // An id has at most 40 characters, a namespace up to 63.
    private static string Short(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
}
