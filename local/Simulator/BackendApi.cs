using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IoTBackend.Simulator;

/// <summary>The backend's HTTP API, as operators and devices call it.</summary>
/// <param name="http">Its base address is the API, with a slash at the end: <c>http://127.0.0.1:7071/api/</c>.</param>
/// <param name="operatorKey">For the operators' calls.</param>
/// <param name="time">The clock credentials expire by.</param>
internal sealed class BackendApi(HttpClient http, string operatorKey, TimeProvider time)
{
    private static readonly TimeSpan CredentialLife = TimeSpan.FromHours(12);

    /// <summary>An operator's call.</summary>
    /// <exception cref="HttpRequestException">The answer is not 2xx; the message holds the problem's text.</exception>
    public async Task<JsonNode?> OperateAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("x-functions-key", operatorKey);
        using var response = await http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{method} {path}: {(int)response.StatusCode} {text}", null, response.StatusCode);
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>A device's call; the caller disposes the answer.</summary>
    public Task<HttpResponseMessage> CallAsync(
        DeviceCredential device, HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken, string? etag = null)
    {
        var request = new HttpRequestMessage(method, $"devices/{device.DeviceId}/{path}") { Content = body };
        request.Headers.TryAddWithoutValidation("Authorization", DeviceToken.Sign(device.DeviceId, device.Key, time.GetUtcNow() + CredentialLife));
        if (etag is not null)
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(etag));
        return http.SendAsync(request, cancellationToken);
    }

    /// <summary>Registers the device, or brings its registration up to date.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="registration">As the API takes it.</param>
    /// <param name="kept">Its key from an earlier registration; without it a known device's keys are rotated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<DeviceCredential> RegisterAsync(string deviceId, object registration, string? kept, CancellationToken cancellationToken)
    {
        var answer = await OperateAsync(HttpMethod.Put, $"fleet/devices/{deviceId}", registration, cancellationToken);
        if (Key(answer) is null && kept is null)
            answer = await OperateAsync(HttpMethod.Post, $"fleet/devices/{deviceId}/rotate-keys", null, cancellationToken);
        return new(deviceId, Key(answer) ?? kept ?? throw new JsonException($"The registration of {deviceId} came without a key."));
    }

    private static string? Key(JsonNode? answer) => (string?)answer?["primaryKey"];

    /// <summary>Waits while the backend cannot be reached.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var response = await http.GetAsync("health", cancellationToken);
                if (response.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not up yet, or not any more.
            }
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
        }
    }
}

/// <param name="DeviceId">The device.</param>
/// <param name="Key">Base64.</param>
internal sealed record DeviceCredential(string DeviceId, string Key);
