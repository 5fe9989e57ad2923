namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>A dashboard of Grafana, as far as ours need it.</summary>
/// <param name="Slug">Part of its file's name and of its id.</param>
/// <param name="Title">As it is listed.</param>
/// <param name="Description">The question that it answers.</param>
/// <param name="Rows">From top to bottom.</param>
internal sealed record Dashboard(string Slug, string Title, string Description, IReadOnlyList<Row> Rows)
{
    /// <summary>Numbers that whoever looks types in.</summary>
    public IReadOnlyList<TypedNumber> Numbers { get; init; } = [];
}

/// <summary>Panels beside one another, three to a line.</summary>
internal sealed record Row(string Title, IReadOnlyList<Panel> Panels);

/// <summary>Lines over time.</summary>
/// <param name="Title">What is seen.</param>
/// <param name="Unit">Grafana's name of the unit.</param>
/// <param name="Queries">One or more.</param>
internal sealed record Panel(string Title, string Unit, IReadOnlyList<Query> Queries)
{
    /// <summary>What to make of it, where the title does not say it.</summary>
    public string? Description { get; init; }
}

/// <summary>A query of PromQL and what its lines are called.</summary>
internal sealed record Query(string Expr, string Legend);

/// <summary>A number such as a price, which no metric has.</summary>
internal sealed record TypedNumber(string Name, string Label, string Standard);
