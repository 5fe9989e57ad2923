using System.ComponentModel.DataAnnotations;

namespace Rag.Web.Hosting;

/// <summary>Settings under <c>Rag:Web</c>.</summary>
internal sealed class WebOptions
{
    /// <summary>Where the API is. Null: what service discovery says about <c>rag-api</c>.</summary>
    public Uri? ApiUrl { get; set; }

    /// <summary>The address under which people reach this site, when a proxy in front of it changes scheme or host.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>The address of the API that the examples on the API page show. Null: the one that this site uses itself if both are on the reader's machine, else a placeholder.</summary>
    public Uri? PublicApiUrl { get; set; }

    /// <summary>Sign-ins of one visitor's address that may fail per minute, evenly refilled; as many may come at once. 0: no limit.</summary>
    [Range(0, 100_000)]
    public int FailedSignInsPerMinute { get; set; } = 10;
}
