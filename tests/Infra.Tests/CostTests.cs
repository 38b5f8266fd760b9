using System.Reflection;
using System.Text.Json;
using IoTBackend.Cost;
using Microsoft.Azure.Functions.Worker;

namespace Infra.Tests;

public sealed class CostTests
{
    private static readonly Prices Prices = Prices.Parse(Repository.Read("infra", "prices.json"));

    private static readonly Fleet Thousand = new(1000, 60, Amqp: false);

    /// <summary>An hour of 1,000 devices with a reading a minute, in round numbers, and an hour of nothing.</summary>
    private static readonly Measurement Example = new(default, "", 200,
    [
        Point(0, 0, [], [], [], 0, 0),
        Point(1000, 60_000,
            new() { ["IngestTelemetry"] = 60_000, ["ProcessTelemetry"] = 1440, ["SweepSilences"] = 60, ["KeepAlerts"] = 60 },
            new() { ["http"] = 3600, ["ProcessTelemetry"] = 1200, ["SweepSilences"] = 60, ["KeepAlerts"] = 60 },
            new()
            {
                ["tables POST $batch"] = 30_000, ["queues GET alerts/messages"] = 9000, ["blobs PUT archive comp=appendblock"] = 1440,
                ["blobs PUT azure-webjobs-eventhub/$default/checkpoint comp=metadata"] = 1440, ["blobs GET azure-webjobs-eventhub/checkpoint comp=list"] = 60,
                ["blobs PUT azure-webjobs-eventhub/$default/ownership comp=metadata"] = 5760,
            }, 36, 6_000_000),
    ]);

    /// <summary>
    /// By hand, times 730 hours. Hub: a unit at 0.03 and 43.8 million events at 0.028. Executions: 60,000 + 1,440 + 120 + 5 an hour less 250,000,
    /// at 0.40 a million. Seconds awake an hour: 3,600 for HTTP, 3,600 (1 - e^-0.4)
    /// for the processor, 3,600 (1 - e^-1/60) for each timer, and 5; half a GB each, less 100,000, at 0.000026. Tables: 30,000 + 1,000 looked up +
    /// 12,000 * 34/33 swept. Blobs: 1,440 writes, 60 + 120 lists at 0.055, 1,440 + 480 + 480 others at 0.0044. Archive: 4.32 GB. Logs: 2.9 of 5 GB free.
    /// </summary>
    [Theory]
    [InlineData("Event Hubs", 23.1264)]
    [InlineData("Functions, executions", 17.8770)]
    [InlineData("Functions, GB-s", 44.0040)]
    [InlineData("Table storage", 1.1396)]
    [InlineData("Queue storage", 2.6280)]
    [InlineData("Blob storage", 7.2752)]
    [InlineData("Archive", 0.0899)]
    [InlineData("Logs", 0)]
    [InlineData("Registry", 5)]
    [InlineData("Alerts", 2.5)]
    public void Each_line_of_the_example_is_as_worked_out_by_hand(string line, double amount) =>
        Assert.Equal((decimal)amount, Estimate.Of(Thousand, Example, Prices).Single(l => l.What == line).Amount, 4);

    [Fact]
    public void The_total_is_the_sum_of_the_lines() => Assert.Equal(103.640m, Estimate.Of(Thousand, Example, Prices).Sum(l => l.Amount), 3);

    /// <summary>
    /// 6,000 requests an hour, as many events, and 144 runs for them: at 1.67 requests a second an instance still sleeps e^-1.67 of the time, and
    /// the processor is awake for a tenth.
    /// </summary>
    [Fact]
    public void Ten_readings_a_request_save_executions_events_and_time_awake()
    {
        var ten = Estimate.Of(Thousand with { PerRequest = 10 }, Example, Prices);
        Assert.Equal(((6000 + 144 + 125) * 730 - 250_000) * 0.4e-6m, ten.Single(l => l.What == "Functions, executions").Amount, 4);
        Assert.Equal(21.90m + 4.38m * 0.028m, ten.Single(l => l.What == "Event Hubs").Amount, 4);
        Assert.Equal(26.3980m, ten.Single(l => l.What == "Functions, GB-s").Amount, 4);
    }

    /// <summary>36 s of processor time an hour become 3,600: at an eighth of a core for each instance second that is 28,800 of them.</summary>
    [Fact]
    public void Work_is_billed_once_it_exceeds_the_time_awake()
    {
        var busy = Example with { Points = [Example.Points[0], Example.Points[1] with { CpuSeconds = 3600 }] };
        Assert.Equal((28_800m * 730 * 0.5m - 100_000) * 0.000026m, Estimate.Of(Thousand, busy, Prices).Single(l => l.What == "Functions, GB-s").Amount);
    }

    /// <summary>60,000 readings took 3,600 s an hour; in 6,000 requests 1,980 s: a request with its event takes 0.03 s, a reading 0.03 s besides.</summary>
    [Theory]
    [InlineData(1, false, 3600)]
    [InlineData(10, false, 1980)]
    [InlineData(2, false, 2700)]
    [InlineData(1, true, 3600)]
    public void What_requests_take_of_processors_is_told_apart_from_what_readings_take(int perRequest, bool amqp, int cpuSeconds)
    {
        var one = Example.Points[1] with { CpuSeconds = 3600 };
        var use = new FleetUse([Example.Points[0], one, one with { PerRequest = 10, CpuSeconds = 1980 }], Profile.Dev);
        Assert.Equal(cpuSeconds, Math.Round(use.Of(Meter.CpuSeconds, new(1000, 60, amqp, perRequest)), 6));
    }

    [Fact]
    public void Ten_readings_in_a_message_cost_less_at_IoT_Hub_too() => Assert.Equal(25, Estimate.IoTHub(Thousand with { PerRequest = 10 }, 200, Prices));

    /// <summary>1.44 million messages a day are 4 units of S1; 14.4 million are 3 of S2; 144 million are 1 of S3.</summary>
    [Theory]
    [InlineData(1_000, 100)]
    [InlineData(10_000, 750)]
    [InlineData(100_000, 2500)]
    public void IoT_Hub_is_compared_at_its_cheapest(int devices, int price) =>
        Assert.Equal(price, Estimate.IoTHub(new(devices, 60, false), 200, Prices));

    [Fact]
    public void A_message_over_4_KB_counts_double_at_IoT_Hub() => Assert.Equal(200, Estimate.IoTHub(Thousand, 5000, Prices));

    [Theory]
    [InlineData("small", 18.45)]
    [InlineData("dev", 29.40)]
    [InlineData("prod", 199.74)]
    public void The_standing_cost_is_read_off_the_resources(string profile, double price)
    {
        var snapshot = JsonDocument.Parse(Repository.Read("infra", $"{profile}.snapshot.json")).RootElement;
        Assert.Equal((decimal)price, FixedCost.Of(snapshot, 12, Prices).Sum(l => l.Amount), 1);
    }

    /// <summary>Zone redundancy bills two warm instances for each, so a new function has a price.</summary>
    [Fact]
    public void Every_function_without_HTTP_is_a_scale_group()
    {
        var functions = Assembly.Load("IoTBackend.Functions").GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.IsDefined(typeof(FunctionAttribute), false));
        var alone = functions.Count(m => !m.GetParameters().Any(p => p.IsDefined(typeof(HttpTriggerAttribute), false)));
        Assert.Equal(CostReport.ScaleGroups, alone + 1);
    }

    [Theory]
    [InlineData(1000, 60, 1)]
    [InlineData(100_000, 60, 2)]
    [InlineData(1_000_000, 60, 17)]
    public void Throughput_units_follow_the_rate(long devices, int perHour, int units) =>
        Assert.Equal(units, Limits.ThroughputUnits(new(devices, perHour, false), 200));

    [Fact]
    public void Large_readings_need_units_for_their_bytes() => Assert.Equal(4, Limits.ThroughputUnits(new(100_000, 60, false), 2000));

    [Fact]
    public void Connections_bind_first_for_devices_that_keep_one() =>
        Assert.StartsWith("AMQP connections", Limits.Of(new(6000, 60, true), Example)[0].What, StringComparison.Ordinal);

    [Fact]
    public void Every_price_says_where_and_when_it_was_read() => Assert.All(Prices.All, p =>
    {
        Assert.Matches("^20[0-9]{2}", p.Value.Date);
        Assert.NotEmpty(p.Value.Source);
        Assert.True(p.Value.Value > 0);
    });

    private static MeasuredPoint Point(
        long devices, long readings, Dictionary<string, long> runs, Dictionary<string, decimal> billed, Dictionary<string, long> requests, decimal cpu, long archive) =>
        new(devices, devices == 0 ? 0 : 60, devices, 3600, readings, cpu, runs, new Dictionary<string, decimal> { ["IngestTelemetry"] = readings / 100m, ["ProcessTelemetry"] = readings / 400m }, billed, requests, archive, 0);
}
