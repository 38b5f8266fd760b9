using System.CommandLine;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot exposure</c>: who runs what is affected.</summary>
internal static class ExposureCommand
{
    private static readonly Option<string> Cve = new("--cve") { Description = "A vulnerability: CVE-2026-1234", HelpName = "ID" };
    private static readonly Option<string> Package = new("--package") { Description = "A package, with its version if that matters: openssl, openssl@3.0.1", HelpName = "NAME" };

    private static readonly Table<ExposedDevice> Devices = new(
        new("DEVICE", d => d.DeviceId),
        new("TRACK", d => d.Track),
        new("TAG", d => d.Tag),
        new("BECAUSE", d => d.Because, CutTo: 24),
        new("MENDED BY", d => d.MendedBy ?? "-", d => d.MendedBy is null ? Shades.Attention : Shades.Good),
        new("RELEASE", d => d.Release, Rank: 1));

    public static Verb Make(Surroundings around) =>
        new Verb("exposure", "Which devices run an image with a vulnerability or a package", "iot exposure --cve CVE-2026-1234", "iot exposure --package openssl --json | jq -r .concerned[].deviceId")
            .Takes(Cve, Package, Paging.Top, Paging.All).Calls(around, async (call, cancellationToken) =>
            {
                if (call.Get(Cve) is null == call.Get(Package) is null)
                    throw CliException.Usage("say what is looked for: --cve or --package.");
                ExposurePage? last = null;
                var concerned = await Paging.ReadAsync(
                    call, async (top, continuation) => last = await call.Backend.GetExposureAsync(call.Get(Cve), call.Get(Package), top, continuation, cancellationToken), page => (page.Concerned, page.Continuation));
                call.Screen.Show(last! with { Concerned = concerned }, answer => Draw(call.Screen, answer));
            });

    private static void Draw(Screen screen, ExposurePage answer)
    {
        if (answer.Concerned.Count > 0)
            Devices.Draw(screen, answer.Concerned);
        screen.Remark($"{Words.Count(answer.Devices)} {(answer.Devices == 1 ? "device" : "devices")} concerned, as of {Words.Time(answer.At, screen.Now)}.");
        if (answer.Unknown.Count > 0)
            screen.Remark($"Nothing is known of what these hold: {Words.List(answer.Unknown)}.");
    }
}
