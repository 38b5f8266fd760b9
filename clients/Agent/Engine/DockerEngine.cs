using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using IoTBackend.Core.Devices;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Engine;

/// <summary>
/// The Docker Engine API 1.41 over a unix socket, which dockerd (20.10 and later) and podman (4 and later) speak. Containers are known by their
/// labels; what carries none of this device's is never touched.
/// </summary>
internal sealed class DockerEngine : IContainerEngine, IDisposable
{
    private const string DeviceLabel = "io.fleet.agent.device";
    private const string TrackLabel = "io.fleet.agent.track";
    private const string ImageLabel = "io.fleet.agent.image";
    private const string ReleaseLabel = "io.fleet.agent.release";

    /// <summary>Hundreds of containers. Parsed it takes sixteen times as much.</summary>
    private const int MaxAnswer = 2 * 1024 * 1024;

    /// <summary>Of an image, whose author chooses its labels: its containers' go into the list of all.</summary>
    private const int MaxImage = 256 * 1024;

    private const int MaxRefusal = 8 * 1024;
    private const int MaxOutput = 4096;
    private const int MaxProgressLine = 64 * 1024;

    /// <summary>Of a container's log: the frames of its last few lines.</summary>
    private const int MaxLog = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>For what is only good to know: somebody waits for the verdict.</summary>
    private static readonly TimeSpan LittlePatience = TimeSpan.FromSeconds(5);

    /// <summary>A busy device takes its time, and to ask again would count as another start.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    /// <summary>A pull that says nothing for so long is given up; the next one keeps the layers that are here.</summary>
    private static readonly TimeSpan PullSilence = TimeSpan.FromMinutes(3);

    /// <summary>And one that talks without end too.</summary>
    private static readonly TimeSpan PullPatience = TimeSpan.FromHours(24);

    private readonly HttpClient _http;
    private readonly string _deviceId;
    private volatile EngineInfo? _info;

    /// <param name="socket">Path, with or without <c>unix://</c>.</param>
    /// <param name="deviceId">Several agents may share an engine: each sees its own containers.</param>
    public DockerEngine(string socket, string deviceId)
    {
        _deviceId = deviceId;
        var path = socket.StartsWith("unix://", StringComparison.Ordinal) ? socket["unix://".Length..] : socket;
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                if (!File.Exists(path))
                    throw new IOException($"there is no {path}; is it running?");
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
            // An engine that restarted leaves dead connections behind.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 16,
        })
        {
            BaseAddress = new("http://engine/v1.41/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswer,
        };
    }

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellationToken)
    {
        using var json = await AskAsync(HttpMethod.Get, "version", null, Patience, cancellationToken);
        var root = json?.RootElement;
        if (Text(root, "Arch") is not { Length: > 0 } architecture)
            throw Nonsense("itself");
        var name = (Items(root, "Components") is [var first, ..] ? Text(first, "Name") : null) ?? "Engine";
        return _info = new(name, Text(root, "Version") ?? "?", Platform.Normalise(Text(root, "Os") ?? "linux", architecture, null),
            !name.Contains("podman", StringComparison.OrdinalIgnoreCase));
    }

    public async Task<IReadOnlyList<SeenContainer>> ListAsync(string? track, CancellationToken cancellationToken)
    {
        var ofTrack = track is null ? "" : $",\"{TrackLabel}={track}\"";
        var filter = Uri.EscapeDataString($$"""{"label":["{{DeviceLabel}}={{_deviceId}}"{{ofTrack}}]}""");
        using var json = await AskAsync(HttpMethod.Get, $"containers/json?all=1&filters={filter}", null, Patience, cancellationToken);
        return json is { RootElement: { ValueKind: JsonValueKind.Array } list } ? [.. list.EnumerateArray().Select(Seen).OfType<SeenContainer>().Where(c => track is null || c.Track == track)]
            : throw Nonsense("its containers");
    }

    /// <summary>Nothing follows from it, least of all that an image is refused.</summary>
    private static EngineUnavailableException Nonsense(string subject) => new($"what the container engine says of {subject} is nothing that engines say");

    private SeenContainer? Seen(JsonElement container)
    {
        var labels = Strings(container, "Labels", 200);
        return labels.GetValueOrDefault(DeviceLabel) == _deviceId && Text(container, "Id") is { } id && labels.TryGetValue(TrackLabel, out var track)
            && labels.TryGetValue(ImageLabel, out var image)
            ? new(id, track, image, labels.GetValueOrDefault(ReleaseLabel, ""), Text(container, "State")?.ToLowerInvariant() is "running" or "restarting" or "paused")
            : null;
    }

    public async Task<EngineImage?> FindImageAsync(string image, CancellationToken cancellationToken)
    {
        using var json = await FindAsync($"images/{image}/json", MaxImage, cancellationToken);
        if (json is null)
            return null;
        var root = json.RootElement;
        if (Text(root, "Id") is not { Length: > 0 } id)
            throw Nonsense("an image");
        var asks = Privileges.Of(Object(root, "Config"));
        return new(id, Platform.Normalise(Text(root, "Os") ?? "", Text(root, "Architecture") ?? "", Text(root, "Variant")),
            asks.Value ?? throw new EngineRefusedException(400, asks.Reason!) { IsOfImage = true },
            // The year 1 is Go's word for none.
            Time(root, "Created") is { Year: > 1 } created ? created : null);
    }

    public async Task PullAsync(string image, string? credential, CancellationToken cancellationToken)
    {
        var (repository, digest) = (image[..image.IndexOf('@', StringComparison.Ordinal)], image[(image.IndexOf('@', StringComparison.Ordinal) + 1)..]);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"images/create?fromImage={Uri.EscapeDataString(repository)}&tag={Uri.EscapeDataString(digest)}");
        if (credential is not null)
            request.Headers.TryAddWithoutValidation("X-Registry-Auth", credential);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(PullPatience);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(late.Token);
        silence.CancelAfter(PullSilence);
        await GuardAsync(async () =>
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            await ThrowIfRefusedAsync(response, silence.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(silence.Token);
            await foreach (var line in BoundedLines.ReadAsync(stream, MaxProgressLine, silence.Token))
            {
                silence.CancelAfter(PullSilence);
                if (PullError(line) is { } error)
                    throw new EngineRefusedException(500, error);
            }

            return true;
        }, cancellationToken);
    }

    private static string? PullError(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Text(json.RootElement, "error");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public async Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            using var _ = await AskAsync(HttpMethod.Delete, $"images/{image}", null, Patience, cancellationToken);
            return true;
        }
        catch (EngineRefusedException refused) when (refused.Status is 404 or 409)
        {
            return refused.Status == 404;
        }
    }

    public async Task CreateAsync(ContainerSpecification specification, CancellationToken cancellationToken)
    {
        var body = ContainerDocument.Write(specification, new()
        {
            [DeviceLabel] = _deviceId,
            [TrackLabel] = specification.Track,
            [ImageLabel] = specification.Image,
            [ReleaseLabel] = specification.Release,
        });
        using var _ = await AskAsync(HttpMethod.Post, $"containers/create?name={specification.Name}", body, StartPatience, cancellationToken);
    }

    /// <summary>Podman takes five seconds where systemd does not answer it.</summary>
    public async Task StartAsync(string container, CancellationToken cancellationToken)
    {
        using var _ = await AskAsync(HttpMethod.Post, $"containers/{container}/start", null, StartPatience, cancellationToken);
    }

    public async Task StopAsync(string container, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            using var _ = await AskAsync(HttpMethod.Post, $"containers/{container}/stop?t={(int)patience.TotalSeconds}", null, patience + Patience, cancellationToken);
        }
        catch (EngineRefusedException refused) when (refused.Status == 404)
        {
            // Gone is stopped.
        }
    }

    public async Task RemoveAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            using var _ = await AskAsync(HttpMethod.Delete, $"containers/{container}?force=1&v=1", null, Patience, cancellationToken);
        }
        catch (EngineRefusedException refused) when (refused.Status == 404 || (refused.Status == 409 && refused.Message.Contains("in progress", StringComparison.Ordinal)))
        {
            // It is gone, or going: what was wanted.
        }
    }

    public async Task<ContainerSigns?> InspectAsync(string container, CancellationToken cancellationToken)
    {
        using var json = await FindAsync($"containers/{container}/json", MaxAnswer, cancellationToken);
        if (json is null)
            return null;
        var root = json.RootElement;
        if (Object(root, "State") is not { } state)
            throw Nonsense("a container");
        var check = Object(Object(root, "Config"), "Healthcheck");
        var health = Items(check, "Test") is not [var kind, ..] || Text(kind) == "NONE" ? Health.None
            : Text(Object(state, "Health"), "Status") switch { "healthy" => Health.Healthy, "unhealthy" => Health.Unhealthy, _ => Health.Starting };
        var status = Text(state, "Status");
        var said = Items(Object(state, "Health"), "Log") is [.., var last] ? Text(last, "Output") : null;
        return new(status is "running" or "paused", (int)(Number(root, "RestartCount") ?? 0), (int)(Number(state, "ExitCode") ?? 0), Text(state, "StartedAt") ?? "", health,
            health == Health.None ? null : CheckOf(check), said);
    }

    /// <summary>Nanoseconds; nothing or zero is the default of the Dockerfile reference.</summary>
    private static HealthCheck CheckOf(JsonElement? check)
    {
        return new(Given("Interval", 30), Given("Timeout", 30), Given("StartPeriod", 0), (int)(Number(check, "Retries") is { } retries and > 0 and < int.MaxValue ? retries : 3));

        TimeSpan Given(string name, int otherwiseSeconds) => Number(check, name) is { } nanoseconds and > 0 ? TimeSpan.FromTicks(nanoseconds / 100) : TimeSpan.FromSeconds(otherwiseSeconds);
    }

    public async Task<bool?> CheckHealthAsync(string container, TimeSpan patience, CancellationToken cancellationToken)
    {
        if ((_info ?? await InfoAsync(cancellationToken)).RunsHealthChecks)
            return null;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        try
        {
            using var json = await AskAsync(HttpMethod.Get, $"../v4.0.0/libpod/containers/{container}/healthcheck", null, Timeout.InfiniteTimeSpan, late.Token);
            return Text(json?.RootElement, "Status") == "healthy";
        }
        catch (EngineRefusedException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public async Task<ExecResult> ExecAsync(string container, IReadOnlyList<string> command, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var made = await AskAsync(HttpMethod.Post, $"containers/{container}/exec", ContainerDocument.WriteExec(command), Patience, cancellationToken);
        var id = Text(made?.RootElement, "Id") ?? throw new EngineRefusedException(500, "The engine made no exec.");
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        try
        {
            // That it does not end says something of the command, and nothing of the engine.
            var output = await OutputAsync(HttpMethod.Post, $"exec/{id}/start", """{"Detach":false,"Tty":false}"""u8.ToArray(), MaxOutput, late.Token);
            using var ended = await AskAsync(HttpMethod.Get, $"exec/{id}/json", null, Patience, cancellationToken);
            return new((int)(Number(ended?.RootElement, "ExitCode") ?? -1), output);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, "", id);
        }
    }

    public async Task<bool> IsRunningAsync(string exec, CancellationToken cancellationToken)
    {
        using var json = await FindAsync($"exec/{exec}/json", MaxAnswer, cancellationToken);
        return Property(json?.RootElement, "Running") is { ValueKind: JsonValueKind.True };
    }

    public async Task<string?> LastLineAsync(string container, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(LittlePatience);
        try
        {
            var said = await OutputAsync(HttpMethod.Get, $"containers/{container}/logs?stdout=1&stderr=1&tail=3", null, MaxLog, late.Token);
            return said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        }
        catch (Exception e) when (e is EngineUnavailableException or EngineRefusedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <exception cref="OperationCanceledException">It takes longer than the token lasts.</exception>
    private Task<string> OutputAsync(HttpMethod method, string path, byte[]? body, int most, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Body(body) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await AttachedOutput.ReadAsync(stream, most, cancellationToken);
    }, cancellationToken);

    private async Task<JsonDocument?> FindAsync(string path, int most, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(HttpMethod.Get, path, null, Patience, cancellationToken, most);
        }
        // Podman says 500 of an image that is removed while it is looked at.
        catch (EngineRefusedException refused) when (refused.Status == 404 || refused.Message.Contains("image not known", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private Task<JsonDocument?> AskAsync(HttpMethod method, string path, byte[]? body, TimeSpan patience, CancellationToken cancellationToken, int most = MaxAnswer) => GuardAsync(async () =>
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Body(body) };
        using var response = await _http.SendAsync(request, late.Token);
        await ThrowIfRefusedAsync(response, late.Token);
        var bytes = await response.Content.ReadAsByteArrayAsync(late.Token);
        if (bytes.Length > most)
            throw new EngineRefusedException((int)HttpStatusCode.RequestEntityTooLarge, $"what the engine says of it has more than {most} bytes") { IsOfImage = true };
        return bytes.AsSpan().Trim("\r\n "u8).IsEmpty ? null : JsonDocument.Parse(bytes);
    }, cancellationToken);

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new EngineUnavailableException($"the container engine does not answer: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // 304: it is as it was asked to be.
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
            return;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MaxRefusal];
        var text = Encoding.UTF8.GetString(bytes, 0, await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken));
        string? message = null;
        try
        {
            using var json = JsonDocument.Parse(text);
            message = Text(json.RootElement, "message");
        }
        catch (JsonException)
        {
            // Then its words as they are.
        }

        throw new EngineRefusedException((int)response.StatusCode, message ?? text.Trim());
    }

    private static ByteArrayContent Body(byte[] json) => new(json) { Headers = { ContentType = new("application/json") } };

    public void Dispose() => _http.Dispose();
}
