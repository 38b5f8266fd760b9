using System.Text.Json;

namespace IoTBackend.Agent.Engine;

/// <summary>Bodies of the engine's calls. What a container may do comes from the agent's own file and from nowhere else.</summary>
internal static class ContainerDocument
{
    public static byte[] Write(ContainerSpecification specification, Dictionary<string, string> labels)
    {
        var options = specification.Options;
        return Json(json =>
        {
            json.WriteString("Image", specification.Image);
            Map(json, "Labels", labels);
            List(json, "Env", options.Environment.Select(e => $"{e.Key}={e.Value}"));
            if (options.Command.Count > 0)
                List(json, "Cmd", options.Command);
            if (options.User is not null)
                json.WriteString("User", options.User);
            json.WriteStartObject("ExposedPorts");
            foreach (var port in options.Ports)
            {
                json.WriteStartObject(port.Container);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartObject("HostConfig");
            if (options.Network is not null)
                json.WriteString("NetworkMode", options.Network);
            json.WriteBoolean("Privileged", options.Privileged);
            List(json, "SecurityOpt", options.Privileged ? [] : ["no-new-privileges"]);
            List(json, "CapAdd", options.Capabilities);
            List(json, "Binds", options.Mounts.Select(m => $"{m.Source}:{m.Target}{(m.Writable ? "" : ":ro")}"));
            json.WriteBoolean("ReadonlyRootfs", options.ReadOnly);
            if (options.MemoryMegabytes is { } megabytes)
                json.WriteNumber("Memory", megabytes * 1_048_576L);
            // One that starts processes without end leaves none to the others.
            if (options.PidsLimit is > 0 and var pids)
                json.WriteNumber("PidsLimit", pids);
            json.WriteStartArray("Devices");
            foreach (var device in options.Devices)
            {
                json.WriteStartObject();
                json.WriteString("PathOnHost", device);
                json.WriteString("PathInContainer", device);
                json.WriteString("CgroupPermissions", "rw");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("PortBindings");
            foreach (var port in options.Ports)
            {
                json.WriteStartArray(port.Container);
                json.WriteStartObject();
                json.WriteString("HostIp", port.Address);
                json.WriteString("HostPort", port.Host);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
            // The engine starts it again after a crash and a reboot, also while the agent is not there.
            json.WriteStartObject("RestartPolicy");
            json.WriteString("Name", "unless-stopped");
            json.WriteEndObject();
            // A log that grows for ever fills the device.
            if (options.LogMegabytes is > 0 and var log)
            {
                json.WriteStartObject("LogConfig");
                json.WriteString("Type", "json-file");
                Map(json, "Config", new() { ["max-size"] = $"{log}m", ["max-file"] = "2" });
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    public static byte[] WriteExec(IReadOnlyList<string> command) => Json(json =>
    {
        json.WriteBoolean("AttachStdout", true);
        json.WriteBoolean("AttachStderr", true);
        List(json, "Cmd", command);
    });

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void List(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Map(Utf8JsonWriter json, string name, Dictionary<string, string> values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
