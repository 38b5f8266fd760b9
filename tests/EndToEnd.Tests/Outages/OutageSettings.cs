using Microsoft.Extensions.Configuration;

namespace EndToEnd.Tests.Outages;

/// <summary>Lengths of the outage tests, from the environment: short in the gate, long by hand (docs/measured/benchmarks.md).</summary>
internal static class OutageSettings
{
    private static readonly IConfiguration Environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();

    /// <summary>How long a service hangs; <c>IOT_TEST_OUTAGE_SECONDS</c>.</summary>
    public static TimeSpan Outage => TimeSpan.FromSeconds(Environment.GetValue("IOT_TEST_OUTAGE_SECONDS", 12));

    /// <summary>How often a process is killed while partitions move; <c>IOT_TEST_KILLS</c>.</summary>
    public static int Kills => Environment.GetValue("IOT_TEST_KILLS", 4);
}
