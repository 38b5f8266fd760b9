using System.Diagnostics;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Engines;

/// <summary>The program itself, killed without warning and started again, with nobody but the engine and its state file to ask.</summary>
public sealed class KillTests(EngineFixture fixture)
{
    private const string Track = "sensor";

    [Theory]
    [InlineData("docker", "replace")]
    [InlineData("docker", "beside")]
    [InlineData("podman", "replace")]
    [InlineData("podman", "beside")]
    public async Task Killed_over_and_over_in_the_middle_of_an_update_it_ends_with_one_container_and_the_new_image(string kind, string strategy)
    {
        Assert.SkipWhen(EngineFixture.WhyNot(kind) is not null, EngineFixture.WhyNot(kind) ?? "");
        var id = $"killed-{Guid.NewGuid():N}";
        var folder = Directory.CreateTempSubdirectory("agent").FullName;
        using var engine = new DockerEngine(fixture.Engine(kind).Socket, id);
        await ConfigureAsync(folder, id, kind, strategy);
        Meant(folder, new() { Trial = new(new(fixture.Image("good"), "sensor~good", "good")) });
        using (var first = Start(folder))
        {
            await UntilAsync(folder, r => r.Current?.Tag == "good");
            first.Kill();
            await first.WaitForExitAsync();
        }

        Meant(folder, Read(folder) with { Trial = new(new(fixture.Image("better"), "sensor~better", "better")) });
        var random = new Random(16);
        for (var deaths = 0; deaths < 6 && Read(folder).Trial is not null; deaths++)
        {
            using var agent = Start(folder);
            // It has come so far that it has written something, and then a little further.
            var before = File.GetLastWriteTimeUtc(Path.Combine(folder, "state.json"));
            await UntilAsync(folder, r => r.Trial is null || File.GetLastWriteTimeUtc(Path.Combine(folder, "state.json")) != before);
            await Task.Delay(random.Next(200));
            agent.Kill();
            await agent.WaitForExitAsync();
            var running = (await engine.ListAsync(null, CancellationToken.None)).Count(c => c.Running);
            Assert.InRange(running, strategy == "beside" ? 1 : 0, strategy == "beside" ? 2 : 1);
        }

        using var last = Start(folder);
        await UntilAsync(folder, r => r.Trial is null && r.Current?.Tag == "better");
        for (var tries = 0; (await engine.ListAsync(null, CancellationToken.None)) is not [{ Running: true }]; tries++)
        {
            Assert.InRange(tries, 0, 3000);
            await Task.Delay(100);
        }

        last.Kill();
        await last.WaitForExitAsync();
        var left = Assert.Single(await engine.ListAsync(null, CancellationToken.None));
        Assert.Equal(fixture.Image("better"), left.Image);
        await engine.RemoveAsync(left.Id, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
    }

    private async Task ConfigureAsync(string folder, string id, string kind, string strategy)
    {
        // Nobody listens there: the device is offline all the time.
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), $$"""
            {
              "server": "http://127.0.0.1:9", "deviceId": "{{id}}", "keyFile": "{{folder}}/key", "stateDirectory": "{{folder}}", "engine": "{{fixture.Engine(kind).Socket}}",
              "registries": ["{{fixture.Registry!.Host}}"],
              "workloads": { "*": { "strategy": "{{strategy}}", "settle": "PT1S", "stopWithin": "PT1S", "options": { "network": "none" } } }
            }
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "key"), Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(Path.Combine(folder, "key"), UnixFileMode.UserRead);
    }

    private static void Meant(string folder, WorkloadRecord record) => Open(folder).Change(Track, _ => record);

    private static WorkloadRecord Read(string folder) => Open(folder).Read(Track);

    private static StateFile Open(string folder) => StateFile.Open(Path.Combine(folder, "state.json"), _ => { });

    private static async Task UntilAsync(string folder, Func<WorkloadRecord, bool> condition)
    {
        for (var tries = 0; !condition(Read(folder)); tries++)
        {
            Assert.InRange(tries, 0, 15_000);
            await Task.Delay(20);
        }
    }

    private static Process Start(string folder)
    {
        var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "iot-agent"), ["--config", Path.Combine(folder, "config.json")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _ = process.StandardError.ReadToEndAsync();
        return process;
    }
}
