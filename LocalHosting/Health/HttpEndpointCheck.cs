using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Health;

/// <summary>Asks an endpoint for a path and compares the status.</summary>
internal sealed class HttpEndpointCheck(EndpointReference endpoint, string path, int expectedStatus, Func<HttpClient> client) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!endpoint.IsAllocated)
        {
            return HealthCheckResult.Unhealthy("The endpoint has no address yet.");
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            using var http = client();
            using var response = await http.GetAsync(new Uri(new Uri(endpoint.Url), path), HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            var status = (int)response.StatusCode;
            return status == expectedStatus
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"{path} answered {status}, expected {expectedStatus}."));
        }
        catch (HttpRequestException exception)
        {
            return HealthCheckResult.Unhealthy($"{path} did not answer: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"{path} did not answer within {Timeout.TotalSeconds} s."));
        }
    }
}
