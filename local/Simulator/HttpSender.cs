using System.Globalization;
using System.Net.Http.Headers;

namespace IoTBackend.Simulator;

/// <summary>Telemetry by HTTP.</summary>
internal sealed class HttpSender(BackendApi api, DeviceCredential device) : ISender
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public async Task<long?> SendAsync(byte[] reading, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(reading) { Headers = { ContentType = Json } };
        using var response = await api.CallAsync(device, HttpMethod.Post, "telemetry", body, cancellationToken);
        response.EnsureSuccessStatusCode();
        return response.Headers.TryGetValues("Desired-Version", out var versions)
            && long.TryParse(versions.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
