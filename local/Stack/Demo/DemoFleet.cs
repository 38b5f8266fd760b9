using IoTBackend.Simulator;

namespace IoTBackend.Stack.Demo;

/// <summary>A kind of device in the demo.</summary>
/// <param name="Name">Also the model's name.</param>
/// <param name="Platform">What its container images have to be built for.</param>
/// <param name="Model">As <c>PUT /fleet/models</c> takes it.</param>
internal sealed record DemoModel(string Name, string Platform, object Model);

/// <summary>Who is in the demo: three models on three platforms at three sites, and a few with faults.</summary>
internal static class DemoFleet
{
    /// <summary>Between two readings: short, so that minutes show what otherwise takes days.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static readonly IReadOnlyList<DemoModel> Models =
    [
        new("pump", "linux/arm/v7", Battery("linux/arm/v7", "field")),
        new("camera", "linux/arm64/v8", Battery("linux/arm64/v8", "video")),
        new("gateway", "linux/amd64", new { platform = "linux/amd64", reportingInterval = "PT2S", securityTested = true, segment = "plant" }),
    ];

    private static readonly string[] Sites = ["site-harbour", "site-hill", "site-mill"];

    public static string Id(int index) => $"{Models[index % Models.Count].Name}-{(index / Models.Count) + 1:00}";

    public static object Registration(int index) => new
    {
        model = Models[index % Models.Count].Name,
        platform = Models[index % Models.Count].Platform,
        groups = new[] { Sites[index / 2 % Sites.Length] },
        reportingInterval = "PT2S",
        labels = new Dictionary<string, string> { ["demo"] = "yes" },
    };

    /// <summary>The faults are with the first of the fleet, so that a small one has them too.</summary>
    public static Fault FaultOf(int index) => index switch
    {
        0 => Fault.Battery,
        1 => Fault.DeadZone,
        5 => Fault.Reboots,
        6 => Fault.Flapping,
        9 => Fault.Loss,
        _ => Fault.None,
    };

    /// <summary>A few send straight to the hub.</summary>
    public static bool OverHub(int index) => index % 8 == 7;

    private static object Battery(string platform, string segment) => new
    {
        platform,
        battery = new { chemistry = "li-ion", lowPercent = 20, criticalPercent = 10 },
        reportingInterval = "PT2S",
        securityTested = true,
        segment,
    };
}
