using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Updates;

public sealed class JudgementTests
{
    private static readonly WorkloadConfiguration Workload = new() { Settle = TimeSpan.FromSeconds(10), HealthyWithin = TimeSpan.FromSeconds(60) };

    [Theory]
    [InlineData(Health.None, 9, null)]
    [InlineData(Health.None, 10, "good")]
    [InlineData(Health.Starting, 59, null)]
    [InlineData(Health.Starting, 60, "not healthy within 60 s")]
    [InlineData(Health.Healthy, 1, "good")]
    [InlineData(Health.Unhealthy, 1, "unhealthy")]
    public void A_container_is_judged_by_its_check_or_by_how_long_it_ran(object health, int seconds, string? expected) =>
        Assert.Equal(expected, Words(Workload, new(true, 0, 0, "", (Health)health), null, seconds));

    /// <summary>While it runs again, dockerd gives its code as 0.</summary>
    [Theory]
    [InlineData(true, 3, 1, "exited with code 3")]
    [InlineData(false, 0, 1, "exited with code 0")]
    [InlineData(true, 0, 1, null)]
    [InlineData(true, 0, 2, "exited and was started again by the engine")]
    public void One_restart_is_enough_to_fail(bool running, int code, int seconds, string? expected) =>
        Assert.Equal(expected, Words(Workload, new(running, 1, code, "", Health.None), null, seconds));

    [Theory]
    [InlineData(null, 59, null)]
    [InlineData(false, 60, "its check did not pass within 60 s")]
    [InlineData(true, 10, "good")]
    public void A_configured_check_is_owed_besides(bool? passed, int seconds, string? expected) =>
        Assert.Equal(expected, Words(Workload with { Check = ["/check"] }, new(true, 0, 0, "", Health.None), passed, seconds));

    private static string? Words(WorkloadConfiguration workload, ContainerSigns signs, bool? check, int seconds) =>
        Judgement.Of(workload, signs, check, 1, TimeSpan.FromSeconds(seconds)) is { } verdict ? verdict.Reason ?? "good" : null;
}
