using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent.Backend;

/// <summary>The backend cannot take a call now.</summary>
/// <param name="retryAfter">As it asked.</param>
/// <param name="status">Null = it was not the server that said so.</param>
internal sealed class BackendUnavailableException(string message, TimeSpan? retryAfter = null, HttpStatusCode? status = null) : Exception(message)
{
    public TimeSpan? RetryAfter => retryAfter;

    public HttpStatusCode? Status => status;
}

/// <param name="DesiredVersion">Of the device's desired state now; null = the server did not say.</param>
/// <param name="Taken">False: it will never be taken, and is to be thrown away.</param>
internal sealed record TelemetryAnswer(bool Taken, long? DesiredVersion, string? Problem = null);

/// <param name="Desired">Null = it is still what the device has.</param>
/// <param name="ETag">Stands for it.</param>
/// <param name="AskAgainAfter">The server has no place for another that waits.</param>
internal readonly record struct DesiredAnswer(DesiredDocument? Desired, string? ETag = null, TimeSpan? AskAgainAfter = null);

/// <summary>The device's calls to the backend. Anything but an answer to the question is a <see cref="BackendUnavailableException"/>.</summary>
/// <param name="http">Its base address is the server, with a slash at the end; it follows no redirects.</param>
internal sealed class BackendClient(HttpClient http, string deviceId, DeviceToken token, ServerClock clock)
{
    /// <summary>Fifty workloads with their rules. What is read of it may take thirty times as much, of the little memory the agent has.</summary>
    private const int MaxAnswer = 512 * 1024;

    /// <summary>It goes back with the next call, and a server takes 32 KiB of headers: one that sent a longer one would not be heard again.</summary>
    private const int MaxTag = 128;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Whatever a server asks for: it may have been in other hands.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <summary>The longest the server lets anybody wait, and less than most gateways on the way do.</summary>
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(50);

    /// <summary>What the device is to run, where it is something else than what <paramref name="etag"/> stands for.</summary>
    public async Task<DesiredAnswer> ReadDesiredAsync(string? etag, bool wait, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, wait && etag is not null ? $"desired?wait={LongPoll.TotalSeconds:0}" : "desired");
        if (etag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", etag);
        using var response = await SendAsync(request, Patience + LongPoll, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return new(null, AskAgainAfter: RetryAfter(response));
        await ThrowUnlessAsync(response, response.StatusCode == HttpStatusCode.OK, cancellationToken);
        try
        {
            var desired = JsonSerializer.Deserialize(await ReadAsync(response, cancellationToken), WireJson.Default.DesiredDocument)
                ?? throw new BackendUnavailableException("the server's desired state is null");
            return new(desired, response.Headers.ETag?.ToString() is { Length: <= MaxTag } tag ? tag : null);
        }
        catch (JsonException e)
        {
            throw new BackendUnavailableException($"the server's desired state cannot be read: {e.Message}");
        }
    }

    /// <summary>False: the release is gone or the report is none, and it is not told again.</summary>
    public async Task<bool> ReportAsync(Report report, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, "reported");
        request.Content = Json(JsonSerializer.SerializeToUtf8Bytes(report, WireJson.Default.Report));
        using var response = await SendAsync(request, Patience, cancellationToken);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest && IsProblem(response))
            return false;
        await ThrowUnlessAsync(response, response.StatusCode == HttpStatusCode.NoContent, cancellationToken);
        return true;
    }

    /// <param name="readings">NDJSON.</param>
    public async Task<TelemetryAnswer> SendTelemetryAsync(ReadOnlyMemory<byte> readings, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, "telemetry");
        request.Content = readings.Length < 512 ? new ReadOnlyMemoryContent(readings) : Zip(readings);
        request.Content.Headers.ContentType = new("application/x-ndjson");
        using var response = await SendAsync(request, Patience, cancellationToken);
        if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType && IsProblem(response))
            return new(false, null, await ProblemAsync(response, cancellationToken));
        await ThrowUnlessAsync(response, response.StatusCode == HttpStatusCode.Accepted, cancellationToken);
        return new(true, response.Headers.TryGetValues("Desired-Version", out var versions)
            && long.TryParse(versions.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, $"api/devices/{Uri.EscapeDataString(deviceId)}/{path}");
        request.Headers.TryAddWithoutValidation("Authorization", token.Header);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, late.Token);
            clock.Heard(response.Headers.Date);
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BackendUnavailableException($"the server cannot be reached: {Connection.Fault(e, clock.OfDevice)}");
        }
    }

    internal static async Task ThrowUnlessAsync(HttpResponseMessage response, bool isAnswer, CancellationToken cancellationToken)
    {
        if (isAnswer)
            return;
        throw new BackendUnavailableException($"the server answers {(int)response.StatusCode}{await ProblemAsync(response, cancellationToken)}", RetryAfter(response), response.StatusCode);
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } after ? (after < LongestRetryAfter ? after : LongestRetryAfter) : null;

    /// <summary>The backend's own word, and not that of something on the way: only that may throw away what the device has to say.</summary>
    private static bool IsProblem(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == "application/problem+json";

    /// <summary>The problem's sentence (RFC 9457), after a colon; nothing where there is none.</summary>
    internal static async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await ReadAsync(response, cancellationToken));
            return Core.Shared.JsonReading.Text(json.RootElement, "detail") is { } detail ? $": {detail[..Math.Min(detail.Length, 300)]}" : "";
        }
        catch (Exception e) when (e is JsonException or BackendUnavailableException)
        {
            return "";
        }
    }

    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(late.Token);
            using var bytes = new MemoryStream();
            var chunk = new byte[16 * 1024];
            while (await stream.ReadAsync(chunk, late.Token) is var read and > 0)
            {
                if (bytes.Length + read > MaxAnswer)
                    throw new BackendUnavailableException($"the server's answer has more than {MaxAnswer} bytes");
                bytes.Write(chunk, 0, read);
            }

            return bytes.ToArray();
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BackendUnavailableException($"the server's answer broke off: {e.Message}");
        }
    }

    internal static ByteArrayContent Json(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static ByteArrayContent Zip(ReadOnlyMemory<byte> bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(bytes.Span);
        return new(zipped.ToArray()) { Headers = { ContentEncoding = { "gzip" } } };
    }
}
