using System.Reflection;
using System.Text.Json;
using IoTBackend.Cost;
using Microsoft.Azure.Functions.Worker;

namespace Infra.Tests;

public sealed class CostTests
{
    private static readonly Prices Prices = Prices.Parse(Repository.Read("infra", "prices.json"));

    private static readonly Fleet Thousand = new(1000, 60, Amqp: false);

    /// <summary>43.8 million readings in 730 hours; 43.8e6 / 1000 * 50 = 2.19 million requests at 0.00036 for 10,000.</summary>
    [Fact]
    public void Table_requests_are_priced_by_what_was_measured() =>
        Assert.Equal(0.07884m, Amount("Table storage", new() { TableTransactionsPer1000 = 50 }));

    [Theory]
    [InlineData("Table storage")]
    [InlineData("Queue storage")]
    [InlineData("Blob storage")]
    public void What_was_not_measured_has_no_price(string line) => Assert.Null(Amount(line, new()));

    /// <summary>43.8 million requests and 91,250 runs of timers, less 250,000, at 0.40 a million.</summary>
    [Fact]
    public void Every_HTTP_request_is_an_execution()
    {
        Assert.Equal(17.4565m, Amount("Functions, executions", new()));
        Assert.Equal(0, Estimate.Of(Thousand with { Amqp = true }, new(), Prices).Single(l => l.What == "Functions, executions").Amount);
    }

    [Fact]
    public void Work_counts_once_it_exceeds_the_time_awake()
    {
        var idle = Amount("Functions, GB-s", new() { GbSecondsPer1000 = 0.001m });
        var busy = Amount("Functions, GB-s", new() { GbSecondsPer1000 = 100 });
        Assert.Equal(Amount("Functions, GB-s", new()), idle);
        Assert.Equal((4_380_000 - 100_000) * 0.000026m, busy);
    }

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
    [InlineData("dev", 29.40)]
    [InlineData("prod", 189.24)]
    public void The_standing_cost_is_read_off_the_resources(string profile, double price)
    {
        var snapshot = JsonDocument.Parse(Repository.Read("infra", $"{profile}.snapshot.json")).RootElement;
        Assert.Equal((decimal)price, FixedCost.Of(snapshot, 11, Prices).Sum(l => l.Amount!.Value), 1);
    }

    /// <summary>Zone redundancy bills two warm instances for each, so a new function has a price.</summary>
    [Fact]
    public void Every_function_without_HTTP_is_a_scale_group()
    {
        var functions = Assembly.Load("IoTBackend.Functions").GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.IsDefined(typeof(FunctionAttribute), false));
        var alone = functions.Count(m => !m.GetParameters().Any(p => p.IsDefined(typeof(HttpTriggerAttribute), false)));
        Assert.Equal(Command.ScaleGroups, alone + 1);
    }

    [Theory]
    [InlineData(1000, 60, 1)]
    [InlineData(100_000, 60, 2)]
    [InlineData(1_000_000, 60, 17)]
    public void Throughput_units_follow_the_rate(long devices, int perHour, int units) =>
        Assert.Equal(units, Limits.ThroughputUnits(new(devices, perHour, false), new() { IngressBytesPerReading = 200 }));

    [Fact]
    public void Large_readings_need_units_for_their_bytes() =>
        Assert.Equal(4, Limits.ThroughputUnits(new(100_000, 60, false), new() { IngressBytesPerReading = 2000 }));

    [Fact]
    public void Connections_bind_first_for_devices_that_keep_one() =>
        Assert.StartsWith("AMQP connections", Limits.Of(new(6000, 60, true), new())[0].What, StringComparison.Ordinal);

    [Fact]
    public void A_larger_fleet_never_costs_less()
    {
        var totals = new long[] { 10, 100, 1000, 10_000, 100_000 }.Select(n => Estimate.Of(new(n, 12, false), new(), Prices).Sum(l => l.Amount ?? 0));
        Assert.Equal(totals.Order(), totals);
    }

    [Fact]
    public void Every_price_says_where_and_when_it_was_read() => Assert.All(Prices.All, p =>
    {
        Assert.Matches("^20[0-9]{2}", p.Value.Date);
        Assert.NotEmpty(p.Value.Source);
        Assert.True(p.Value.Value > 0);
    });

    private static decimal? Amount(string line, Measurement measured) => Estimate.Of(Thousand, measured, Prices).Single(l => l.What == line).Amount;
}
