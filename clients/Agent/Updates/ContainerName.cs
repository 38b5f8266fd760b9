using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Agent.Updates;

internal static class ContainerName
{
    /// <summary>The same image on the same track has the same name: to make its container twice is refused by the engine.</summary>
    public static string Of(string deviceId, string track, string image) =>
        $"iot.{deviceId.Replace(':', '-')}.{track}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(image)))[..12]}";
}
