using RagPlatform.ServiceDefaults.Configuration;

namespace Rag.Web.Hosting;

/// <summary>Where this site finds the API.</summary>
internal sealed record ApiAddress(Uri Base)
{
    private static readonly string[] Keys = ["Rag:Web:ApiUrl", "services:rag-api:https:0", "services:rag-api:http:0"];

    /// <summary>Reads <c>Rag:Web:ApiUrl</c>, else service discovery.</summary>
    /// <exception cref="ConfigurationInvalidException">Neither is there, or it is no http address.</exception>
    public static ApiAddress From(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var key = Keys.FirstOrDefault(x => !string.IsNullOrEmpty(configuration[x]))
            ?? throw new ConfigurationInvalidException(
                ["Rag:Web:ApiUrl is missing: the address of the API. Set it, or services__rag-api__http__0 as an AppHost does."]);
        if (!Uri.TryCreate(configuration[key], UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new ConfigurationInvalidException(
                [$"{key} = '{configuration[key]}' is not valid; allowed: an http or https address such as http://127.0.0.1:5080."]);
        }

        return new ApiAddress(new Uri(address.AbsoluteUri.TrimEnd('/') + '/'));
    }
}
