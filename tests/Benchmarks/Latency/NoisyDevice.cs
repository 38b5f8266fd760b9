using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using IoTBackend.Benchmarks.Ingest;
using IoTBackend.Simulator;

namespace IoTBackend.Benchmarks.Latency;

/// <param name="Sent">Readings a second that it tried to send.</param>
/// <param name="Taken">Readings a second that were taken.</param>
/// <param name="Throttled">Requests answered 429, each with <c>Retry-After</c>.</param>
internal sealed record Noise(double Sent, double Taken, long Throttled);

/// <summary>One device that sends 1,000 readings a second, whatever it is told.</summary>
internal sealed class NoisyDevice(BackendApi api, DeviceCredential device)
{
    private const int ReadingsPerSecond = 1000;
    private const int PerRequest = 10;

    // A request may exceed what is left of a budget: larger ones would leave a debt of many seconds.
    private const int BurstRequest = 100;

    private long _counter;

    /// <summary>By HTTP, where its budget holds.</summary>
    public async Task<Noise> PostAsync(TimeSpan duration)
    {
        await SpendBurstAsync();
        long taken = 0, throttled = 0;
        var requests = (int)(duration.TotalSeconds * ReadingsPerSecond / PerRequest);
        var pace = new Pace(duration / requests);
        var under = new List<Task>();
        for (var i = 0; i < requests; i++)
        {
            await pace.TurnAsync(i);
            under.Add(OneAsync());
        }

        await Task.WhenAll(under);
        return new(requests * PerRequest / duration.TotalSeconds, taken / duration.TotalSeconds, throttled);

        async Task OneAsync()
        {
            if (await PostAsync(PerRequest))
                Interlocked.Add(ref taken, PerRequest);
            else
                Interlocked.Increment(ref throttled);
        }
    }

    /// <summary>Straight to the hub, which has no budgets: one event a reading.</summary>
    public async Task<Noise> SendAsync(TimeSpan duration)
    {
        const int Lanes = 20;
        await using var sender = new HubSender(api, device, TimeProvider.System);
        await sender.SendAsync(Reading(), CancellationToken.None);
        var each = (int)(duration.TotalSeconds * ReadingsPerSecond / Lanes);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
        {
            var pace = new Pace(duration / each, duration / each * lane / Lanes);
            for (var i = 0; i < each; i++)
            {
                await pace.TurnAsync(i);
                await sender.SendAsync(Reading(), CancellationToken.None);
            }
        })));
        var sent = each * Lanes / duration.TotalSeconds;
        return new(sent, sent, 0);
    }

    private async Task SpendBurstAsync()
    {
        while (await PostAsync(BurstRequest))
        {
            // Until it is told to wait.
        }
    }

    private async Task<bool> PostAsync(int readings)
    {
        var body = Enumerable.Range(0, readings).Select(_ => new { seq = Interlocked.Increment(ref _counter), battery = new { percent = 80 } });
        using var response = await api.CallAsync(device, HttpMethod.Post, "telemetry", JsonContent.Create(body), CancellationToken.None);
        if (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null)
            return false;
        return response.EnsureSuccessStatusCode().StatusCode == HttpStatusCode.Accepted;
    }

    private byte[] Reading() => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $$$"""{"seq":{{{Interlocked.Increment(ref _counter)}}},"battery":{"percent":80}}"""));
}
