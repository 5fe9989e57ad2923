using System.Buffers.Text;
using System.Security.Cryptography;

namespace AppHost;

/// <summary>
/// Who starts the application on this machine may sign in without a key, once: a random token per run goes to the API, which keeps only its
/// hash, and a link with it is printed when the web front end is there, with the addresses. It is never in the manifest nor in process arguments.
/// </summary>
internal static class OneTimeSignIn
{
    private const int TokenBytes = 32;

    public static void Add(IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> web)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        api.WithEnvironment("Rag__Auth__SignInToken", api.ApplicationBuilder.AddParameter("sign-in-token", token, secret: true));

        var printed = false;
        web.OnResourceReady((_, _, _) =>
        {
            // A restarted front end is ready again; the link is not valid twice.
            if (!printed)
            {
                printed = true;
                Console.WriteLine($"The API is at: {api.GetEndpoint("http").Url}/v1 (described at {api.GetEndpoint("http").Url}/openapi/v1.json)");
                Console.WriteLine($"The web front end is at: {web.GetEndpoint("http").Url}");
                Console.WriteLine($"Sign in once with: {web.GetEndpoint("http").Url}/signin?token={token}");
            }

            return Task.CompletedTask;
        });
    }
}
