using System.Xml;
using System.Xml.Linq;

namespace Rag.Core.Extraction.Docx;

/// <summary>Streams elements out of a part, one subtree in memory at a time.</summary>
internal static class DocxXml
{
    /// <summary>Every outermost element of this local name, wherever it stands; disposes the reader.</summary>
    public static IEnumerable<XElement> Elements(XmlReader? reader, string name)
    {
        using (reader)
        {
            var more = reader?.Read() == true;
            while (more)
            {
                if (reader!.NodeType == XmlNodeType.Element && reader.LocalName == name)
                {
                    yield return (XElement)XNode.ReadFrom(reader); // leaves the reader behind the element
                    more = !reader.EOF;
                }
                else
                {
                    more = reader.Read();
                }
            }
        }
    }

    /// <summary>The children of the first element of this local name; disposes the reader.</summary>
    public static IEnumerable<XElement> ChildrenOf(XmlReader reader, string name)
    {
        using (reader)
        {
            while (reader.Read() && (reader.NodeType != XmlNodeType.Element || reader.LocalName != name))
            {
            }

            if (reader.EOF || reader.IsEmptyElement)
            {
                yield break;
            }

            var depth = reader.Depth;
            var more = reader.Read();
            while (more && reader.Depth > depth)
            {
                if (reader.NodeType == XmlNodeType.Element)
                {
                    yield return (XElement)XNode.ReadFrom(reader);
                    more = !reader.EOF;
                }
                else
                {
                    more = reader.Read();
                }
            }
        }
    }
}
