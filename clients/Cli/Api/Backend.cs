using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using IoTBackend.Cli.Connect;

namespace IoTBackend.Cli.Api;

/// <summary>The operators' calls of the API. Their methods are generated; this is how a call is made and what its failure looks like.</summary>
internal sealed partial class Backend : IDisposable
{
    /// <summary>As the API writes it; unknown members are kept, so that what is printed as JSON is what was answered.</summary>
    public static readonly BackendJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });

    private const int LargestAnswerBytes = 64 * 1024 * 1024;

    private readonly Connection _connection;
    private readonly HttpClient _http;

    public Backend(Connection connection)
    {
        _connection = connection;
        // Followed elsewhere, the key would go with it.
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            BaseAddress = new($"{connection.Url.OriginalString}/api/"),
            Timeout = TimeSpan.FromSeconds(100),
            MaxResponseContentBufferSize = LargestAnswerBytes,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new("iot", typeof(Backend).Assembly.GetName().Version?.ToString(3)));
    }

    public Uri Url => _connection.Url;

    public void Dispose() => _http.Dispose();

    /// <summary>An id as one part of an address, whatever is in it. What paths resolve away is nobody's.</summary>
    private static string Part(string id) => id is "" or "." or ".." ? throw new CliException(ExitCode.NotFound, $"there is nothing of the name '{id}'.") : Uri.EscapeDataString(id);

    private static string Address(string path, params ReadOnlySpan<(string Name, object? Value)> query)
    {
        var separator = '?';
        foreach (var (name, value) in query)
        {
            if (value is null)
                continue;
            path += $"{separator}{name}={Uri.EscapeDataString(value is DateTimeOffset time ? time.ToString("O", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}";
            separator = '&';
        }

        return path;
    }

    private static ByteArrayContent Body<T>(T body) => new(JsonSerializer.SerializeToUtf8Bytes(body, typeof(T), Json))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
    };

    private async Task<T> SendAsync<T>(HttpMethod method, string address, HttpContent? body, string? ifMatch, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(method, address, body, ifMatch, cancellationToken);
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return (T)(JsonSerializer.Deserialize(bytes, typeof(T), Json) ?? throw new JsonException("null"));
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Failed, $"{Url} answered {method} /api/{address} with something this version does not understand. Is it an IoT Backend, of the same version?");
        }
    }

    private async Task SendAsync(HttpMethod method, string address, HttpContent? body, string? ifMatch, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(method, address, body, ifMatch, cancellationToken);
    }

    /// <exception cref="CliException">The answer is not 2xx, or there is none.</exception>
    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string address, HttpContent? body, string? ifMatch, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifMatch}\"");
        if (!request.Headers.TryAddWithoutValidation("x-functions-key", _connection.Key))
            throw CliException.Usage($"the operator key ({_connection.KeySource}) holds characters no header may have.");
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failed)
        {
            throw NoAnswer(Url, failed);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Unavailable, $"{Url} did not answer within {_http.Timeout.TotalSeconds:0} s.");
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await FailureAsync(response, cancellationToken);
    }

    private async Task<CliException> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await ProblemAsync(response, cancellationToken);
        var again = response.Headers.RetryAfter?.Delta is { } pause ? $" Try again in {pause.TotalSeconds:0} s." : " Try again later.";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => NotTaken(_connection),
            HttpStatusCode.NotFound => new(ExitCode.NotFound, problem ?? $"{Url} has no such thing. Is it an IoT Backend, of the same version?"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                new(ExitCode.Unavailable, (problem ?? $"{Url} is not available ({(int)response.StatusCode}).") + again),
            var status => new(ExitCode.Failed, problem ?? $"{Url} answered {(int)status}."),
        };
    }

    /// <summary>What a problem document (RFC 9457) says.</summary>
    private static async Task<string?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return problem.RootElement.TryGetProperty("detail", out var detail) || problem.RootElement.TryGetProperty("title", out detail) ? detail.GetString() : null;
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>What is to be said of a call that came to nothing.</summary>
    public static CliException NoAnswer(Uri url, HttpRequestException failed) =>
        new(ExitCode.Unavailable, $"nothing answers at {url} ({Reason(failed)}).{(url.IsLoopback ? " Is it running? scripts/run starts it." : "")}");

    /// <summary>The backend is there and knows nobody of that key.</summary>
    public static CliException NotTaken(Connection connection) => new(ExitCode.Failed, $"{connection.Url} does not take the operator key ({connection.KeySource}).");

    private static string Reason(HttpRequestException failed) => failed switch
    {
        { InnerException: System.Net.Sockets.SocketException socket } => socket.SocketErrorCode == System.Net.Sockets.SocketError.ConnectionRefused ? "connection refused" : socket.Message,
        { InnerException: System.Security.Authentication.AuthenticationException } => "its certificate is not trusted",
        _ => failed.Message,
    };
}
