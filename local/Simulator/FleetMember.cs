using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IoTBackend.Simulator;

/// <param name="Credential">The device and its key.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Interval">Between two readings.</param>
/// <param name="OverHub">By AMQP straight to the hub rather than by HTTP.</param>
/// <param name="Runs">The image it runs at first; null = none that it names.</param>
/// <param name="IsOnMains">It has no battery.</param>
internal sealed record MemberPlan(DeviceCredential Credential, Fault Fault, TimeSpan Interval, bool OverHub, (string Track, string Digest)? Runs = null, bool IsOnMains = false);

/// <summary>Lives one simulated device's life: reports, and runs the image it is told to run.</summary>
internal sealed class FleetMember(MemberPlan plan, int seed, BackendApi api, FleetCounters counters, TimeProvider time)
{
    /// <summary>As devices write: a plus sign as it is.</summary>
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Progress = ["downloading", "installing", "installed"];

    private readonly SimulatedDevice device = new(seed, plan.Fault, plan.Runs, plan.IsOnMains);
    private long? version;
    private string? told;

    /// <summary>Without power it neither reports nor updates.</summary>
    public bool HasPower { get; set; } = true;

    /// <summary>Runs until cancelled. What is not taken is counted and dropped, as by a device without a store.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using ISender sender = plan.OverHub ? new HubSender(api, plan.Credential, time) : new HttpSender(api, plan.Credential);
        // Spread over the interval: real fleets do not report in chorus.
        await Task.Delay(plan.Interval * (seed * 0.618 % 1), time, cancellationToken);
        using var timer = new PeriodicTimer(plan.Interval, time);
        do
        {
            if (HasPower && device.Tick(time.GetUtcNow()) is { } reading)
                await ReportAsync(sender, reading, cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task ReportAsync(ISender sender, JsonObject reading, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            var told = await sender.SendAsync(System.Text.Encoding.UTF8.GetBytes(reading.ToJsonString(AsWritten)), cancellationToken);
            counters.Sent(time.GetElapsedTime(started));
            if (told is not null && told != version)
                await UpdateAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            counters.Failed();
        }
    }

    /// <summary>Fetches the desired state, "installs" what is new in it, and says so.</summary>
    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        using var response = await api.CallAsync(plan.Credential, HttpMethod.Get, "desired", null, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return;
        var desired = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        foreach (var workload in desired?["workloads"]?.AsArray() ?? [])
        {
            if (workload is null || (string?)workload["image"] is not { } image || image.Split('@') is not [_, var digest] || told == digest)
                continue;
            foreach (var state in Progress)
                await SayAsync((string?)workload["release"], state, cancellationToken);
            device.Install((string?)workload["track"] ?? "", told = digest);
            counters.Updated();
        }

        // Last: who was interrupted begins again.
        version = (long?)desired?["version"];
    }

    private async Task SayAsync(string? release, string state, CancellationToken cancellationToken)
    {
        using var body = System.Net.Http.Json.JsonContent.Create(new { release, state });
        using var response = await api.CallAsync(plan.Credential, HttpMethod.Post, "reported", body, cancellationToken);
    }
}
