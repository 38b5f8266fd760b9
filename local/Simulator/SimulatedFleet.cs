namespace IoTBackend.Simulator;

/// <summary>A fleet made for a command: registered through the API, then run until stopped.</summary>
internal sealed class SimulatedFleet(BackendApi api, DeviceKeyring keyring, TimeProvider time)
{
    private const int RegistrationsAtOnce = 16;
    private static readonly string[] Platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"];

    public FleetCounters Counters { get; } = new();

    /// <summary>Registers <c>sim-0001</c> and so on.</summary>
    public async Task<IReadOnlyList<MemberPlan>> RegisterAsync(SimulatorCommand command, CancellationToken cancellationToken)
    {
        var faults = command.Faults.SelectMany(entry => Enumerable.Repeat(entry.Fault, entry.Count)).ToArray();
        var plans = new MemberPlan[command.Devices];
        var options = new ParallelOptions { MaxDegreeOfParallelism = RegistrationsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, command.Devices, options, async (i, cancel) =>
        {
            var id = $"sim-{i + 1:0000}";
            var device = await api.RegisterAsync(id, new
            {
                platform = Platforms[i % Platforms.Length],
                groups = new[] { $"simulated-{i % 5 + 1}" },
                reportingInterval = System.Xml.XmlConvert.ToString(TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(command.Pace.TotalSeconds)))),
            }, keyring.Find(id), cancel);
            keyring.Keep(device);
            plans[i] = new(device, i < faults.Length ? faults[i] : Fault.None, command.Pace, i >= command.Devices - command.OverHub);
        });
        keyring.Save();
        return plans;
    }

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(IReadOnlyList<MemberPlan> plans, CancellationToken cancellationToken) =>
        Task.WhenAll(plans.Select((plan, i) => new FleetMember(plan, i + 1, api, Counters, time).RunAsync(cancellationToken)));
}
