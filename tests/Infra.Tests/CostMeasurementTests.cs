using IoTBackend.Cost;

namespace Infra.Tests;

/// <summary>From what was measured to what is billed.</summary>
[Collection(Compiled.Name)]
public sealed class CostMeasurementTests(Profiles profiles)
{
    private static readonly Measurement Measured = Measurement.Parse(Repository.Read("infra", "dev.measured.json"));

    /// <summary>Start and end of each run in milliseconds; billed: at least a second, then steps of 100 ms, and what overlaps once.</summary>
    [Theory]
    [InlineData("0-10", 1.0)]
    [InlineData("0-1000", 1.0)]
    [InlineData("0-1001", 1.1)]
    [InlineData("0-10 500-510", 1.0)]
    [InlineData("0-10 500-1450", 1.5)]
    [InlineData("0-10 1000-1010", 2.0)]
    [InlineData("0-10 5000-5010", 2.0)]
    [InlineData("0-3000 100-200 2000-4000", 4.0)]
    public void An_instance_is_billed_while_anything_runs_on_it(string runs, double seconds)
    {
        var time = new BilledTime();
        var edges = runs.Split(' ').Select(r => r.Split('-')).SelectMany(r => new[] { (At: int.Parse(r[0], null), Start: true), (At: int.Parse(r[1], null), Start: false) });
        foreach (var (at, start) in edges.OrderBy(e => e.At))
        {
            if (start)
                time.Started(TimeSpan.FromMilliseconds(at));
            else
                time.Ended(TimeSpan.FromMilliseconds(at));
        }

        Assert.Equal(TimeSpan.FromSeconds(seconds), time.At(TimeSpan.FromMinutes(1)));
    }

    /// <summary>The pace of the host's own looks is the local host's; leases and metadata are not writes.</summary>
    [Theory]
    [InlineData("tables POST $batch", nameof(Meter.TableRequests))]
    [InlineData("queues GET alerts/messages", nameof(Meter.QueueRequests))]
    [InlineData("blobs PUT archive comp=appendblock", nameof(Meter.BlobWrites))]
    [InlineData("blobs PUT azure-webjobs-hosts/timers", nameof(Meter.BlobWrites))]
    [InlineData("blobs PUT azure-webjobs-eventhub/$default/checkpoint comp=metadata", nameof(Meter.BlobOthers))]
    [InlineData("blobs GET azure-webjobs-eventhub/checkpoint comp=list", nameof(Meter.BlobLists))]
    [InlineData("blobs GET azure-webjobs-eventhub/ownership comp=list", null)]
    [InlineData("blobs PUT azure-webjobs-eventhub/$default/ownership comp=metadata", null)]
    [InlineData("blobs PUT azure-webjobs-hosts/locks comp=lease", null)]
    [InlineData("blobs DELETE archive", null)]
    public void A_request_is_priced_by_its_kind(string request, string? meter) => Assert.Equal(meter, StorageOperation.MeterOf(request)?.ToString());

    [Fact]
    public void A_request_of_an_unknown_service_has_no_price() => Assert.Throws<FormatException>(() => StorageOperation.MeterOf("other GET something"));

    /// <summary>Points at 0, 10 and 30 readings a second with 60, 160 and 300 table requests an hour.</summary>
    [Theory]
    [InlineData(0, 60)]
    [InlineData(5, 110)]
    [InlineData(10, 160)]
    [InlineData(15, 195)]
    [InlineData(30, 300)]
    [InlineData(60, 600)]
    public void Between_measured_loads_use_lies_on_the_line_and_beyond_them_it_grows_in_proportion(int perSecond, int requests)
    {
        var use = new FleetUse([Point(0, 60), Point(10, 160), Point(30, 300)], Profile.Dev);
        Assert.Equal(requests, use.At(Meter.TableRequests, perSecond));
    }

    /// <summary>400 readings stored of 800 sent in a minute, 110 requests of which 10 are made at rest: 210 had all been stored.</summary>
    [Fact]
    public void A_processor_that_was_behind_is_reckoned_as_if_it_had_kept_up()
    {
        var rest = Point(0, 600) with { Seconds = 60, Requests = new Dictionary<string, long> { ["tables POST $batch"] = 10 } };
        var behind = rest with { Readings = 800, Processed = 400, Requests = new Dictionary<string, long> { ["tables POST $batch"] = 110 } };
        Assert.Equal(210, behind.AsIfKeptUp(rest).Requests["tables POST $batch"]);
        Assert.Equal(110, (behind with { Processed = 700 }).AsIfKeptUp(rest).Requests["tables POST $batch"]);
    }

    [Fact]
    public void A_load_left_out_is_compared_with_the_line_of_its_neighbours()
    {
        var left = Point(10, 160);
        Assert.Equal((160m, 140m), Check.Deviation([Point(0, 60), left, Point(30, 300)], left, Meter.TableRequests));
    }

    /// <summary>What the table shows was measured, each row by itself, and every kind of request in it has a price.</summary>
    [Fact]
    public void The_measurement_has_every_row_of_the_table()
    {
        var rows = Measured.Points.Select(p => (p.Devices, p.PerHour)).ToHashSet();
        Assert.Superset(new HashSet<(long, decimal)> { (0, 0), (1000, 12), (1000, 60), (10_000, 12), (10_000, 60), (100_000, 12), (100_000, 60) }, rows);
        Assert.All(Measured.Points.SelectMany(p => p.Requests.Keys), request => StorageOperation.MeterOf(request));
    }

    /// <summary>Cheap when idle is a promise: no more than the units, the registry and the alerts, and a little for storage.</summary>
    [Fact]
    public void At_rest_it_costs_what_stands_and_little_more()
    {
        var prices = Prices.Parse(Repository.Read("infra", "prices.json"));
        var rest = Estimate.Of(new(0, 60, Amqp: false), Measured, prices);
        Assert.All(rest.Where(l => l.What.StartsWith("Functions", StringComparison.Ordinal) || l.What == "Logs"), l => Assert.Equal(0, l.Amount));
        Assert.InRange(rest.Sum(l => l.Amount), 29.40m, 36m);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public void The_arithmetic_and_the_templates_mean_the_same_settings(string profile)
    {
        var site = profiles[profile].One("Microsoft.Web/sites").Json.GetProperty("properties");
        var scale = site.GetProperty("functionAppConfig").GetProperty("scaleAndConcurrency");
        Assert.Equal(Instances.RequestsAtATime, scale.GetProperty("triggers").GetProperty("http").GetProperty("perInstanceConcurrency").GetDecimal());
        Assert.Equal(Instances.GB, scale.GetProperty("instanceMemoryMB").GetDecimal() / 1024);
        var settings = site.GetProperty("siteConfig").GetProperty("appSettings").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("value").GetString());
        Assert.Equal("microsoft.rate_limited", settings["OTEL_TRACES_SAMPLER"]);
        Assert.Equal(Logs.TracesPerSecond, decimal.Parse(settings["OTEL_TRACES_SAMPLER_ARG"]!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("small")]
    [InlineData("dev")]
    public void A_profile_is_its_parameter_file(string name)
    {
        var profile = Profile.Of(name);
        Assert.Equal(profile.Partitions, profiles[name].One("Microsoft.EventHub/namespaces/eventhubs").Json.GetProperty("properties").GetProperty("partitionCount").GetInt32());
        Assert.Equal(name == "small" ? "Basic" : "Standard", profiles[name].One("Microsoft.EventHub/namespaces")["sku.name"]);
        var settings = profiles[name].One("Microsoft.Web/sites").Json.GetProperty("properties").GetProperty("siteConfig").GetProperty("appSettings")
            .EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("value").GetString());
        Assert.Equal($"00:00:{profile.BatchSeconds:00}", settings["AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime"]);
        Assert.Equal($"00:00:{profile.QueuePollingSeconds:00}", settings["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"]);
        Assert.Equal($"{profile.Shards}", settings["DeviceStates__ShardCount"]);
    }

    private static MeasuredPoint Point(int perSecond, int tableRequestsPerHour) => new(
        perSecond, 3600, perSecond, 3600, perSecond * 3600L, 0, new Dictionary<string, long>(), new Dictionary<string, decimal>(), new Dictionary<string, decimal>(),
        new Dictionary<string, long> { ["tables POST $batch"] = tableRequestsPerHour }, 0, 0);
}
