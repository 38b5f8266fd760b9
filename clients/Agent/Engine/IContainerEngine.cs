namespace IoTBackend.Agent.Engine;

/// <summary>
/// What the agent needs of a container engine, in the Docker Engine API's terms. Every call may throw <see cref="EngineUnavailableException"/>,
/// after which it may have been carried out or not, and <see cref="EngineRefusedException"/>. All but exec may be repeated.
/// </summary>
internal interface IContainerEngine
{
    Task<EngineInfo> InfoAsync(CancellationToken cancellationToken);

    /// <summary>Containers of this agent, running or not.</summary>
    /// <param name="track">Only its; null = all.</param>
    Task<IReadOnlyList<SeenContainer>> ListAsync(string? track, CancellationToken cancellationToken);

    Task<EngineImage?> FindImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>Layers that arrived whole stay: a pull that broke off fetches the others.</summary>
    Task PullAsync(string image, string? credential, CancellationToken cancellationToken);

    /// <summary>False = something still needs it.</summary>
    Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>Makes it and does not start it.</summary>
    Task CreateAsync(ContainerSpecification specification, CancellationToken cancellationToken);

    Task StartAsync(string container, CancellationToken cancellationToken);

    /// <param name="patience">Until it is killed.</param>
    Task StopAsync(string container, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Also one that is gone already.</summary>
    Task RemoveAsync(string container, CancellationToken cancellationToken);

    /// <summary>Null = it is gone.</summary>
    Task<ContainerSigns?> InspectAsync(string container, CancellationToken cancellationToken);

    /// <summary>Lets the image's own check run now, for engines that run none by themselves; null = this engine does. One that does not end has failed.</summary>
    Task<bool?> CheckHealthAsync(string container, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Runs a command inside and waits for its end.</summary>
    /// <param name="patience">For the whole of it; what has not ended then goes on.</param>
    Task<ExecResult> ExecAsync(string container, IReadOnlyList<string> command, TimeSpan patience, CancellationToken cancellationToken);

    /// <param name="exec">As <see cref="ExecResult.Unended"/> says; false = it has ended since, or its container has.</param>
    Task<bool> IsRunningAsync(string exec, CancellationToken cancellationToken);

    /// <summary>The last line it printed; null = it printed nothing, or the engine does not say.</summary>
    Task<string?> LastLineAsync(string container, CancellationToken cancellationToken);
}

/// <param name="Platform">In its normal form.</param>
/// <param name="RunsHealthChecks">False for podman, whose checks are timers of systemd and stand still where there is none.</param>
internal sealed record EngineInfo(string Name, string Version, Core.Devices.Platform Platform, bool RunsHealthChecks);

/// <param name="Track">From its label.</param>
/// <param name="Image">From its label: the index digest, as it was asked for.</param>
/// <param name="Running">Also while the engine is about to start it again.</param>
internal sealed record SeenContainer(string Id, string Track, string Image, string Release, bool Running);

/// <param name="Created">As its config says; null = it does not.</param>
internal sealed record EngineImage(string Id, Core.Devices.Platform Platform, Core.Devices.Privileges Asks, DateTimeOffset? Created = null);

internal enum Health
{
    None,
    Starting,
    Healthy,
    Unhealthy,
}

/// <param name="Restarts">By the engine, since it was started by the agent.</param>
/// <param name="StartedAt">The engine's words for the moment: another text is another start.</param>
/// <param name="Check">Where the image has one.</param>
/// <param name="HealthOutput">What the last check printed.</param>
internal sealed record ContainerSigns(bool Running, int Restarts, int ExitCode, string StartedAt, Health Health, HealthCheck? Check = null, string? HealthOutput = null);

/// <summary>An image's HEALTHCHECK (Dockerfile reference).</summary>
/// <param name="Interval">From the start to the first check, and between two.</param>
/// <param name="Timeout">Of a check that has failed then.</param>
/// <param name="StartPeriod">From the start; failures within it do not count.</param>
/// <param name="Retries">Failures in a row that make it unhealthy.</param>
internal sealed record HealthCheck(TimeSpan Interval, TimeSpan Timeout, TimeSpan StartPeriod, int Retries);

/// <param name="ExitCode">Null = it did not end in time.</param>
/// <param name="Output">What it printed, at most 4 KiB.</param>
/// <param name="Unended">The engine's name for what goes on: no engine ends one.</param>
internal sealed record ExecResult(int? ExitCode, string Output, string? Unended = null);

/// <param name="Name">Says track and image, so that making it twice is seen.</param>
internal sealed record ContainerSpecification(string Name, string Track, string Image, string Release, Configuration.ContainerOptions Options);
