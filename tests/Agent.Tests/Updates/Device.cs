using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Updates;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Updates;

/// <summary>A device with one track, whose agent is started again whenever it dies.</summary>
internal sealed class Device : IDisposable, IImageTrust
{
    public const string Track = "sensor";

    /// <summary>In memory where there is such a place: thousands of updates flush every step.</summary>
    private readonly DirectoryInfo _folder = Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/agent-{Guid.NewGuid():N}") : Directory.CreateTempSubdirectory("agent");
    private readonly FakeTimeProvider _time = new();
    private readonly WorkloadConfiguration _workload;

    public Device(Strategy strategy, Func<string, Health> healthOf)
    {
        _workload = new() { Strategy = strategy };
        Engine = new(healthOf);
    }

    public ModelEngine Engine { get; }

    public List<string> Told { get; } = [];

    public StateFile State => StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { });

    public WorkloadRecord Record => State.Read(Track);

    public static Installation Image(char name) => new($"registry.example.com/fleet/sensor@sha256:{new string(name, 64)}", $"sensor~{name}", $"{name}");

    public void Want(Installation? wanted) => State.Change(Track, record => record.Want(wanted));

    /// <summary>Lets the agent run, with lives as many as it takes, until it has nothing to do.</summary>
    public async Task SettleAsync()
    {
        for (var lives = 0; lives < 100; lives++)
        {
            var state = State;
            using var life = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            Engine.Dies = life.Cancel;
            var runner = new WorkloadRunner(Track, _workload, "device", state, Engine, this, _time, Told.Add, () => { });
            try
            {
                for (var passes = 0; passes < 1000; passes++)
                {
                    var rest = await runner.PassAsync(life.Token);
                    if (rest >= TimeSpan.FromSeconds(10) && state.Read(Track).Trial is null)
                        return;
                    _time.Advance(rest);
                }

                Assert.Fail("It does not come to rest.");
            }
            catch (ModelEngine.DeathException)
            {
                // As after a power cut: the next one knows what is on the disk.
            }
        }

        Assert.Fail("It has died too often.");
    }

    public string? Refusal(string track, ImageName image) => null;

    public Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public string? CredentialFor(string registry) => null;

    public void Dispose() => _folder.Delete(recursive: true);
}
