using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Outages;

/// <summary>Devices that send one request after the other, to whichever of the hosts, whatever happens; and know what they sent.</summary>
internal sealed class SteadyFleet(TestStack stack, string name)
{
    public const int PerRequest = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly ConcurrentBag<(DeviceCredential Device, SentReadings Sent)> used = [];
    private readonly ConcurrentDictionary<string, int> answers = new();
    private int devices;

    /// <summary>The battery of every reading from now on.</summary>
    public int Percent { get; set; } = 80;

    /// <summary>Where devices send to besides the stack's own host, at the moment.</summary>
    public BackendApi? SecondHost { get; set; }

    public IEnumerable<string> Devices => used.Select(one => one.Device.DeviceId);

    public long Accepted => used.Sum(one => one.Sent.Accepted);

    /// <summary>How often each status, or no answer, came.</summary>
    public string Answers => string.Join(", ", answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Key}: {answer.Value}"));

    /// <summary>Answers that a device cannot make sense of: neither taken nor "come again".</summary>
    public ConcurrentQueue<string> Unexpected { get; } = new();

    public Task RunAsync(int lanes, CancellationToken end) => Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Task.Run(() => LaneAsync(lane, end))));

    /// <summary>Every device's stored number and sum of readings are explained by what was accepted.</summary>
    public async Task AssertExactAsync()
    {
        foreach (var (device, sent) in used)
        {
            var stored = await stack.StoredAsync(device.DeviceId);
            Assert.True(sent.Explains(stored, PerRequest), $"{device.DeviceId}: {sent}; stored {stored.Readings} with the sum {stored.SequenceSum}.\n{stack.Logs()}");
        }
    }

    private async Task LaneAsync(int lane, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var device = await stack.UntilAsync(() => stack.RegisterAsync(name), _ => true);
            var sent = new SentReadings(Interlocked.Increment(ref devices));
            used.Add((device, sent));
            // A battery at 80 % first, so that it can fall.
            for (var request = 0; !end.IsCancellationRequested && !sent.IsFull; request++)
            {
                var host = (request + lane) % 2 == 0 ? stack.Api : SecondHost ?? stack.Api;
                var counters = sent.Next(PerRequest);
                var accepted = await SendAsync(host, device, [.. counters.Select(seq => new { seq, battery = new { percent = request < 3 ? 80 : Percent } })]);
                sent.Add(counters, accepted);
                await Task.Delay(accepted ? Pause : PauseAfterFailure, CancellationToken.None);
            }
        }
    }

    private async Task<bool> SendAsync(BackendApi host, DeviceCredential device, object[] readings)
    {
        try
        {
            using var response = await host.CallAsync(device, HttpMethod.Post, "telemetry", JsonContent.Create(readings), CancellationToken.None);
            Count(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (response.StatusCode == HttpStatusCode.Accepted)
                return true;
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable || response.Headers.RetryAfter is null)
                Unexpected.Enqueue($"{(int)response.StatusCode}, Retry-After {response.Headers.RetryAfter}: {await response.Content.ReadAsStringAsync()}");
        }
        catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            Count("no answer");
        }

        return false;
    }

    private void Count(string answer) => answers.AddOrUpdate(answer, 1, (_, count) => count + 1);
}
