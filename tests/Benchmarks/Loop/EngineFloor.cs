using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace IoTBackend.Benchmarks.Loop;

/// <summary>
/// The yardstick of the loop: as many containers replaced on the same engines by bare calls, with nobody to tell, to judge or to report anything. What the loop
/// takes longer is ours.
/// </summary>
/// <param name="push">Of an image by its tag; its name with the digest.</param>
internal sealed class EngineFloor(IReadOnlyList<string> sockets, int containers, Func<string, Task<string>> push) : IAsyncDisposable
{
    private static readonly JsonSerializerOptions AsWritten = new();

    private readonly HttpClient[] _engines = [.. sockets.Select(EngineEvents.Open)];
    private readonly string?[] _running = new string?[containers];

    /// <summary>Seconds until each runs a new image instead of what it ran before.</summary>
    public async Task<IReadOnlyList<double>> ReplaceAsync(string tag)
    {
        var image = await push(tag);
        var started = Stopwatch.GetTimestamp();
        return await Task.WhenAll(Enumerable.Range(0, containers).Select(async i =>
        {
            var (engine, name, before) = (_engines[i % _engines.Length], $"floor.{i}.{image[^12..]}", _running[i]);
            await PostAsync(engine, $"images/create?fromImage={Uri.EscapeDataString(image.Split('@')[0])}&tag={Uri.EscapeDataString(image.Split('@')[1])}");
            await PostAsync(engine, $"containers/create?name={name}", new { Image = image, HostConfig = new { NetworkMode = "none" } });
            if (before is not null)
                await PostAsync(engine, $"containers/{before}/stop?t=2");
            await PostAsync(engine, $"containers/{name}/start");
            var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
            _running[i] = name;
            if (before is not null)
                await RemoveAsync(engine, before);
            return took;
        }));
    }

    private static async Task PostAsync(HttpClient engine, string path, object? body = null)
    {
        using var response = await engine.PostAsync(path, body is null ? null : JsonContent.Create(body, options: AsWritten));
        await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static async Task RemoveAsync(HttpClient engine, string container) => (await engine.DeleteAsync($"containers/{container}?force=1")).Dispose();

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < containers; i++)
        {
            if (_running[i] is { } container)
                await RemoveAsync(_engines[i % _engines.Length], container);
        }

        foreach (var engine in _engines)
            engine.Dispose();
    }
}
