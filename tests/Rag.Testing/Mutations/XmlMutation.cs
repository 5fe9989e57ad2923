using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Rag.Testing.Mutations;

/// <summary>
/// Damage that leaves XML well formed, so that it reaches what makes sense of the elements: elements are missing, come twice, stand inside
/// others where they do not belong, nest deeply, and their attributes hold something else.
/// </summary>
public static class XmlMutation
{
    private const int MostElements = 20_000;

    private static readonly string[] Values = ["", "-1", "0", "2147483647", "-2147483648", "99999999999", "true", "off", "Heading1", "1", "2", "\u0130", "normal", "\n"];

    /// <summary>A damaged copy; <paramref name="content"/> itself where it is no XML.</summary>
    public static byte[] Apply(byte[] content, Random random)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(random);
        XDocument document;
        try
        {
            document = XDocument.Load(new MemoryStream(content));
        }
        catch (XmlException)
        {
            return content;
        }

        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var elements = document.Descendants().Take(MostElements).ToList();
            Edit(elements[random.Next(elements.Count)], elements[random.Next(elements.Count)], random);
        }

        using var written = new MemoryStream();
        using (var writer = XmlWriter.Create(written, new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false }))
        {
            document.WriteTo(writer);
        }

        return written.ToArray();
    }

    private static void Edit(XElement element, XElement other, Random random)
    {
        var isRoot = element.Parent is null;
        switch (random.Next(8))
        {
            case 0 when !isRoot:
                element.Remove();
                break;
            case 1 when !isRoot && Size(element) < 200:
                for (var times = random.Next(1, 30); times > 0; times--)
                {
                    element.AddAfterSelf(new XElement(element));
                }

                break;
            case 2 when Size(other) < 500:
                element.Add(new XElement(other));
                break;
            case 3 when !isRoot:
                element.ReplaceWith(element.Nodes().ToList());
                break;
            case 4 when !isRoot && Size(element) < 200:
                Nest(element, random.Next(4) == 0 ? random.Next(2, 3000) : random.Next(2, 60));
                break;
            case 5 when element.Attributes().Where(IsOfTheFormat).ToList() is { Count: > 0 } attributes:
                attributes[random.Next(attributes.Count)].Value = Values[random.Next(Values.Length)];
                break;
            case 6:
                element.Name = other.Name;
                break;
            case 7:
                element.Add(new XText(Values[random.Next(Values.Length)]));
                break;
        }
    }

    /// <summary>The element inside copies of its own shell.</summary>
    private static void Nest(XElement element, int times)
    {
        var outermost = new XElement(element.Name, element.Attributes());
        var innermost = outermost;
        for (; times > 1; times--)
        {
            var next = new XElement(element.Name, element.Attributes());
            innermost.Add(next);
            innermost = next;
        }

        element.ReplaceWith(outermost);
        innermost.Add(element);
    }

    // Namespaces and xml:space have a meaning to XML itself, and no writer takes wrong ones.
    private static bool IsOfTheFormat(XAttribute attribute) => !attribute.IsNamespaceDeclaration && attribute.Name.Namespace != XNamespace.Xml;

    private static int Size(XElement element) => element.DescendantsAndSelf().Take(1000).Count();
}
