using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Rag.Web.Pages;

/// <summary>A page's markup. Everything it shows is in its model: components hold no logic and fetch nothing.</summary>
public abstract class PageView<TModel> : ComponentBase
{
    [Parameter, EditorRequired]
    public PageFrame Frame { get; set; } = null!;

    [Parameter, EditorRequired]
    public TModel Model { get; set; } = default!;
}

/// <summary>Renders views as results of endpoints.</summary>
internal static class PageViews
{
    public static RazorComponentResult Show<TView, TModel>(this PageFrame frame, TModel model, int status = StatusCodes.Status200OK)
        where TView : PageView<TModel> =>
        new(typeof(TView), new Dictionary<string, object?> { [nameof(PageView<>.Frame)] = frame, [nameof(PageView<>.Model)] = model }) { StatusCode = status };
}
